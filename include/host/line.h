/* SPDX-License-Identifier: MIT */
/*
 * line: QEMU's lines to its supervisor, in a folder of the machine's own: how each is named on QEMU's command line,
 * created and removed. "serial" is a pair of named pipes (host/fifo.h); "progress", "host" and "qmp" are sockets on
 * which QEMU listens.
 */
#ifndef HOST_LINE_H
#define HOST_LINE_H

#include <stdbool.h>

#include "base/err.h"

/* Returns whether the line is a pair of pipes. */
bool host_line_is_pipes(const char *name);
/* Returns the value of -chardev for the line, with its name as the id; `path` as QEMU's options need it. Owned. */
char *host_line_chardev(const char *name, const char *path);
/* Creates what QEMU opens, and removes what an earlier run left where QEMU listens. -1 with e: "fifo-planted" or
 * "socket-planted" if something else has such a name, or the error of the system call. */
int host_lines_create(const char *dir, struct err *e);
/* Removes all lines; missing ones are not an error. Errors as above. */
int host_lines_remove(const char *dir, struct err *e);

#endif
