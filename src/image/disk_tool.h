/* SPDX-License-Identifier: MIT */
/* disk_tool: runs qemu-img for image/disk. */
#ifndef IMAGE_DISK_TOOL_H
#define IMAGE_DISK_TOOL_H

#include <stdatomic.h>

#include "base/err.h"

/* Runs argv, waits, and ends it when *cancel (may be NULL) becomes true. `progress` gets the
 * percentages that `qemu-img -p` prints; may be NULL. */
int disk_tool_run(char *const *argv, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		  struct err *e);

/* A run that changes the disk in place, marked meanwhile as `what`; a disk whose last change was cut off is
 * examined first (disk_settle). Where it does not end the change the mark stays. */
int disk_change_run(char *const *argv, const char *disk, const char *what, bool ends, struct err *e);

#endif
