/* SPDX-License-Identifier: MIT */
/*
 * client: starts the supervisor and talks to it over its control socket.
 *
 * Protocol, version 1: frames of 4 bytes length (big-endian, of what follows), 1 byte type, payload.
 * Type 'J': a JSON object. Requests {"op": "hello"|"status"|"stop"|"kill"|"subscribe"|"reset"|…, "id": N};
 * answers {"id": N, "ok": bool, …}; events {"event": "state"|"progress"|"log"|"ended", …}.
 */
#ifndef VM_CLIENT_H
#define VM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"
#include "vm/supervisor.h"

/* Writes the request and starts `self supervise REQUEST` detached. Returns once the supervisor
 * holds the lock and serves the control socket, or with the error it recorded (busy, QEMU missing
 * …). Does not block the loop: `done` is called. */
void vm_start(struct loop *l, const struct vm_request *r,
	      void (*done)(const struct err *e, void *arg), void *arg);

struct vm_client;

struct vm_client_ops {
	void (*state)(enum vm_state s, void *arg);
	/* A line of the progress port taken apart: STATE and its keys as strings. */
	void (*progress)(const char *state, const json_t *values, void *arg);
	/* Console bytes as they arrive (only when asked for), raw. */
	void (*console)(const char *p, size_t n, void *arg);
	/* QEMU has ended (cause as recorded), or the supervisor went away (cause says so). Last call. */
	void (*ended)(enum vm_state s, const char *cause, void *arg);
};

/* Connects to the machine's control socket and subscribes. `ops` must outlive the client. Where no
 * supervisor serves, `ended` is called with what the run record says. */
struct vm_client *vm_connect(struct loop *l, const char *dir, const char *runtime_dir,
			     bool with_console, const struct vm_client_ops *ops, void *arg);
void vm_client_close(struct vm_client *c);
/* Asks for a stop by the ladder powerdown → quit → kill with deadlines (ms, 0: the defaults 60 s and
 * 10 s), or to be killed at once. Progress of the ladder comes as state and progress events. */
void vm_client_stop(struct vm_client *c, uint64_t powerdown_ms, uint64_t quit_ms);
void vm_client_kill(struct vm_client *c);

#endif
