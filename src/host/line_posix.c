/* SPDX-License-Identifier: MIT */
/* line_posix: the choice of lines, and how one is reset. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/line.h"
#include "line_priv.h"

bool line_is_tcp(void)
{
	const char *text = getenv("DEBWIZ_LINES");

	return text && !strcmp(text, "tcp");
}

void host_line_end_by_reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}
