/* SPDX-License-Identifier: MIT */
/*
 * tpm: the emulated TPM of a machine: swtpm, whose state is in the machine's folder `tpm`.
 */
#ifndef SUPERVISOR_TPM_H
#define SUPERVISOR_TPM_H

#include "base/err.h"

struct sup;

/* Starts swtpm if the request has a TPM, and sets *fd to QEMU's end of their connection, which the caller closes; -1:
 * none. swtpm ends when the last copy of that end is closed, so with QEMU, whoever supervises it then. -1 with e. */
int sup_tpm_start(const struct sup *s, int *fd, struct err *e);

#endif
