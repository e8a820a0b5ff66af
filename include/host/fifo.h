/* SPDX-License-Identifier: MIT */
/*
 * fifo: a connection to another process by two named pipes, PATH.in (which that process reads) and PATH.out (which
 * it writes). The other process opens both for reading and writing, as QEMU's chardev does, so that its ends live
 * as long as the process, whoever connects on our side.
 */
#ifndef HOST_FIFO_H
#define HOST_FIFO_H

#include "base/err.h"

/* Creates both again, mode 0600. Returns 0, or -1: "fifo-planted" if something else has such a name, or the error of
 * the system call. */
int host_fifo_make(const char *path, struct err *e);
/* Removes both; missing ones are not an error. Errors as above. */
int host_fifo_remove(const char *path, struct err *e);
/* Opens our ends, non-blocking: *in reads PATH.out, *out writes PATH.in; the caller closes them. Returns -1 if the
 * other process has not opened its ends yet, or if they are not pipes. The pipe that the other process writes is
 * made as large as the system allows. */
int host_fifo_open(const char *path, int *in, int *out);

#endif
