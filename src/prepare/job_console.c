/* SPDX-License-Identifier: MIT */
/*
 * job_console: the terminal at the other end of the machine's serial line. A serial line knows no
 * size: it is told to the guest once, by the seed disk, so it is chosen once and remembered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "console/console.h"
#include "prepare/job.h"

#define STAMP "console-size"

void job_console_size(const struct job *j, unsigned *rows, unsigned *columns)
{
	struct winsize size = {.ws_row = 0};
	char *stamp = store_stamp(j->machine_dir, STAMP);

	*rows = 23; /* of 24, and the status line */
	*columns = 80;
	if (stamp && sscanf(stamp, "%3ux%4u", rows, columns) == 2) {
		free(stamp);
		return;
	}
	free(stamp);
	if (!isatty(STDIN_FILENO) || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	/* one row is the status line's */
	if (size.ws_row > 10 && size.ws_row <= CONSOLE_ROWS_MAX)
		*rows = size.ws_row - 1U;
	if (size.ws_col > 20 && size.ws_col <= CONSOLE_COLS_MAX)
		*columns = size.ws_col;
}

int job_console_keep(struct job *j, struct err *e)
{
	unsigned rows, columns;
	char *stamp;
	int r;

	job_console_size(j, &rows, &columns);
	stamp = xasprintf("%ux%u", rows, columns);
	r = store_set_stamp(j->machine_dir, STAMP, stamp, e);
	free(stamp);
	return r;
}
