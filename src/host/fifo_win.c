/* SPDX-License-Identifier: MIT */
/* fifo_win: Windows has no pipes among its files; lines are TCP there (line_win.c). */
#include "host/fifo.h"

#include <errno.h>

int host_fifo_make(const char *path, struct err *e)
{
	return err_errno(e, ENOTSUP, "fifo-make", "cannot make the pipe %s", path);
}

int host_fifo_remove(const char *path, struct err *e)
{
	(void)path;
	(void)e;
	return 0;
}

int host_fifo_open(const char *path, int *in, int *out)
{
	(void)path;
	*in = *out = -1;
	errno = ENOTSUP;
	return -1;
}
