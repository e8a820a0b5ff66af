/* SPDX-License-Identifier: MIT */
/*
 * sandbox: a server whose clients cannot be trusted, because a guest is one of them. It runs in name spaces of its own:
 * it sees this host's /usr, or another one, and what else is named, read-only, and an empty /tmp; no other file, no
 * process, no device but /dev/null, and of all networks only a loopback of its own. Clients come through a Unix socket.
 */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

struct sandbox {
	const char *socket;	 /* path to listen on; this user alone can connect */
	const char *log;	 /* file that gets the server's standard output and error */
	char *const *argv;	 /* argv[0] is a path; serves TCP on 127.0.0.1 */
	char *const *env;	 /* all of its environment */
	uint16_t port;		 /* there */
	const char *usr;	 /* the folder that it sees as /usr; NULL: this host's */
	const struct strv *show; /* absolute paths that it sees beside /usr, each under its own name */
	unsigned most;		 /* connections at the same time; further ones wait */
	int64_t parent;		 /* the pid of the process that started this one: the server ends with it */
};

/* Returns 0 if this host has such name spaces, though it may not allow them to this user; else -1 with id "sandbox". */
int sandbox_exists(struct err *e);
/* Serves until this process, its parent or the server ends. All processes of the server end with it, also if it is
 * killed. `ready` is called when clients can connect. Returns -1 with e alone ("sandbox": this host does not allow the
 * name spaces, or has none). For a process that has one thread and exists for that; blocks. */
int sandbox_serve(const struct sandbox *s, void (*ready)(void *arg), void *arg, struct err *e);

#endif
