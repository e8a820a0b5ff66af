/* SPDX-License-Identifier: MIT */
/*
 * line_win: lines are TCP: Windows has no FIFOs, and QEMU's AF_UNIX there is untried. DEBWIZ_LINES=local names them as
 * on other hosts, for tests that compare command lines.
 */
#include "host/line.h"

#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include "line_priv.h"

bool line_is_tcp(void)
{
	const char *text = getenv("DEBWIZ_LINES");

	return !text || strcmp(text, "local") != 0;
}

void host_line_end_by_reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt((SOCKET)fd, SOL_SOCKET, SO_LINGER, (const char *)&now, sizeof(now));
}
