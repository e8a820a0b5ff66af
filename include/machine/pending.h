/* SPDX-License-Identifier: MIT */
/*
 * pending: the suites whose updates a machine lacks, because the mirror was out of step when the base image was
 * created. A small file in the machine's folder (updates-pending), written with its disk, until the guest reports
 * that it has installed them.
 */
#ifndef MACHINE_PENDING_H
#define MACHINE_PENDING_H

#include <stdbool.h>

#include "base/err.h"

#define VM_PENDING_NAME "updates-pending"

/* Returns "bookworm-security bookworm-updates", owned; NULL: nothing is pending. */
char *vm_pending_read(const char *dir);
/* Writes the file; "" or NULL removes it. */
int vm_pending_write(const char *dir, const char *suites, struct err *e);
/* Returns whether a text of the guest's is such a list; "" is. */
bool vm_pending_ok(const char *suites);
/* Returns "without the updates of SUITES so far", owned. */
char *vm_pending_text(const char *suites);

#endif
