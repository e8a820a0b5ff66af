/* SPDX-License-Identifier: MIT */
/* random: by getentropy(3), which Linux, macOS and the BSDs have. */
#include "host/random.h"

#include <errno.h>
#include <unistd.h>

#define PIECE 256 /* what one call gives */

int host_random(void *p, size_t n, struct err *e)
{
	char *to = p;

	while (n) {
		size_t now = n < PIECE ? n : PIECE;

		if (getentropy(to, now) < 0)
			return err_errno(e, errno, "random", "this host gives no random bytes");
		to += now;
		n -= now;
	}
	return 0;
}
