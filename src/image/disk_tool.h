/* SPDX-License-Identifier: MIT */
/* disk_tool: runs qemu-img for image/disk. */
#ifndef IMAGE_DISK_TOOL_H
#define IMAGE_DISK_TOOL_H

#include <stdatomic.h>

#include "base/err.h"

/* Runs argv, waits for its exit, and ends it when *cancel (may be NULL) becomes true. Calls `progress` (may be NULL)
 * with the percentages that `qemu-img -p` prints. */
int disk_tool_run(char *const *argv, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		  struct err *e);

/* Runs a change inside the disk, marked as `what` until it is complete; first examines a disk whose last change was
 * killed (disk_check_change). Unless `ends` the mark stays. */
int disk_change_run(char *const *argv, const char *disk, const char *what, bool ends, struct err *e);

#endif
