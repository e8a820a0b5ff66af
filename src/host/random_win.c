/* SPDX-License-Identifier: MIT */
/* random_win: by BCryptGenRandom. */
#include <windows.h>

#include <bcrypt.h>

#include "host/random.h"
#include "win.h"

int win_random(void *p, size_t n)
{
	return BCryptGenRandom(NULL, p, (ULONG)n, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0 ? 0 : -1;
}

int host_random(void *p, size_t n, struct err *e)
{
	return win_random(p, n) < 0 ? err_set(e, ERR_FAILED, "random", "this host gives no random bytes") : 0;
}
