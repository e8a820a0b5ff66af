/* SPDX-License-Identifier: MIT */
/*
 * share: virtiofsd for each folder that the guest gets by virtiofs.
 */
#ifndef SUPERVISOR_SHARE_H
#define SUPERVISOR_SHARE_H

#include <stddef.h>

#include "base/err.h"

struct sup;

/* Starts a virtiofsd for each folder of the request and appends QEMU's ends of their connections, in that order, to
 * ends[*count], which has room for them; the caller closes them. virtiofsd ends when the last copy of its end is
 * closed, so with QEMU, whoever supervises it then. On failure nothing is appended. */
int sup_share_start(const struct sup *s, int *ends, size_t *count, struct err *e);

#endif
