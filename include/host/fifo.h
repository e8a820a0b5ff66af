/* SPDX-License-Identifier: MIT */
/*
 * fifo: a line to another process by two named pipes, PATH.in (what that process reads) and PATH.out
 * (what it writes). The other process opens both for reading and writing, as QEMU's chardev does, so
 * that its ends live as long as it, whoever comes and goes on ours.
 */
#ifndef HOST_FIFO_H
#define HOST_FIFO_H

#include "base/err.h"

/* Makes both anew, mode 0600. 0, or -1: "fifo-planted" where something else is in the way, or the
 * errno's. */
int host_fifo_make(const char *path, struct err *e);
/* Removes them; that they are not there is fine. Errors as above. */
int host_fifo_remove(const char *path, struct err *e);
/* Opens our ends, non-blocking: *in to read from PATH.out, *out to write to PATH.in; the caller
 * closes them. 0, or -1: the other process has not opened its own yet, or they are no pipes. What the
 * other process writes waits in as large a pipe as the system grants. */
int host_fifo_open(const char *path, int *in, int *out);

#endif
