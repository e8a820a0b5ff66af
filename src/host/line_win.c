/* SPDX-License-Identifier: MIT */
/* line_win: lines are TCP: Windows has no FIFOs, and QEMU's AF_UNIX there is untried. */
#include "host/line.h"

#include <winsock2.h>

#include "line_priv.h"

bool line_is_tcp(void)
{
	return true;
}

void host_line_end_by_reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt((SOCKET)fd, SOL_SOCKET, SO_LINGER, (const char *)&now, sizeof(now));
}
