/* SPDX-License-Identifier: MIT */
/* What the files of host/proc share. */
#ifndef HOST_PROC_PRIV_H
#define HOST_PROC_PRIV_H

#include <stdint.h>

#include "base/err.h"

/* A descriptor that becomes readable when that process ends, or -1 where the host has none. */
int proc_end_fd(int64_t pid);

/* Says that there is no such program, and how to get it. Returns -1. */
int proc_missing(const char *program, struct err *e);

#endif
