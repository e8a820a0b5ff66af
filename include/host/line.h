/* SPDX-License-Identifier: MIT */
/*
 * line: QEMU's lines to its supervisor, in a folder of the machine's own: how each is named on QEMU's command line,
 * created, found and removed. "serial" is a pair of named pipes (host/fifo.h); "progress", "host" and "qmp" are
 * sockets on which QEMU listens.
 *
 * With DEBWIZ_LINES=tcp in the environment all of them are TCP on 127.0.0.1, for a host that has neither. Every user
 * of the host can connect there, and QEMU's monitor is worth its user's account: such a line is TLS with a key
 * (base/psk.h) that only the folder holds. QEMU talks to no client without it, and the supervisor to no server.
 */
#ifndef HOST_LINE_H
#define HOST_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strv.h"

enum host_line_kind { HOST_LINE_SOCKET, HOST_LINE_PIPES, HOST_LINE_TCP };

struct host_line {
	enum host_line_kind kind;
	uint16_t port;	    /* of TCP */
	char key[HASH_HEX]; /* of TCP: for psk_new */
};

/* Returns the value of -chardev for the line, with its name as the id; `path` as QEMU's options need it. Owned. */
char *host_line_chardev(const char *name, const char *path);
/* Returns the value of -object that the lines require; `dir` as QEMU's options need it. Owned; NULL: none. */
char *host_lines_object(const char *dir);
/* Creates what QEMU opens, and removes what an earlier run left where QEMU listens; TCP lines get their ports in
 * `argv`. -1 with e: "fifo-planted" or "socket-planted" if something else has such a name, or the error of the system
 * call. */
int host_lines_create(const char *dir, struct strv *argv, struct err *e);
/* Reports how to connect to the line that was created in the folder. -1 with e if its files cannot be read. */
int host_line_find(const char *dir, const char *name, struct host_line *out, struct err *e);
/* Whether another program now has the port of a TCP line of the folder: the QEMU that should have listened there did
 * not start. False for other lines. */
bool host_lines_are_taken(const char *dir);
/* Makes the end of this process, or of the connection, reset a TCP line: QEMU notices that also on a port that its
 * guest does not read, and takes the next client, but an orderly end it does not notice there. */
void host_line_end_by_reset(int fd);
/* Removes all lines; missing ones are not an error. Errors as above. */
int host_lines_remove(const char *dir, struct err *e);

#endif
