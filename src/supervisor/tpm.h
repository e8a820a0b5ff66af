/* SPDX-License-Identifier: MIT */
/*
 * tpm: the emulated TPM of a machine: swtpm, whose state is in the machine's folder `tpm`.
 */
#ifndef SUPERVISOR_TPM_H
#define SUPERVISOR_TPM_H

#include <stddef.h>

#include "base/err.h"

struct sup;

/* Starts swtpm if the request has a TPM, and appends QEMU's end of their connection to qemu_ends[*count], which the
 * caller closes. swtpm ends when the last copy of that end is closed, so with QEMU, whoever supervises it then. */
int sup_tpm_start(const struct sup *s, int *qemu_ends, size_t *count, struct err *e);

#endif
