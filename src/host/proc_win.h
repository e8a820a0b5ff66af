/* SPDX-License-Identifier: MIT */
/* proc_win: how the files of host/proc start programs on Windows. */
#ifndef HOST_PROC_WIN_H
#define HOST_PROC_WIN_H

#include <stdint.h>

#include "base/err.h"

struct proc_win_conf {
	void *in, *out, *err; /* handles; the child inherits no others */
	unsigned long flags;  /* of CreateProcess */
};

struct proc_win {
	void *process; /* a handle, which the caller closes */
	int64_t pid;
};

/* Starts argv; -1 with e as proc_start. */
int proc_win_create(char *const *argv, const struct proc_win_conf *conf, struct proc_win *out, struct err *e);

#endif
