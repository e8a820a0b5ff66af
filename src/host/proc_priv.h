/* SPDX-License-Identifier: MIT */
/* What the files of host/proc share. */
#ifndef HOST_PROC_PRIV_H
#define HOST_PROC_PRIV_H

#include "base/err.h"

/* Says that there is no such program, and how to get it. Returns -1. */
int proc_missing(const char *program, struct err *e);

#endif
