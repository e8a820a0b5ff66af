/* SPDX-License-Identifier: MIT */
/*
 * client: starts the supervisor and talks to it over its control socket.
 *
 * Protocol, version 1, over the Unix socket RUNTIME_DIR/control: frames of 4 bytes length
 * (big-endian, of what follows), 1 byte type, payload.
 *
 * Type 'J', a JSON object. Requests: {"op": OP, "id": N, ...}; each has one answer {"id": N,
 * "ok": BOOL, ...}, with "error" in words where ok is false. At most 64 KiB; what is no request
 * ends the connection.
 *     hello      -> "protocol", "pid"
 *     status     -> "run": the run record as in run.json
 *     subscribe  ("console": BOOL) -> "run"; from then on events come
 *     stop       ("powerdown_ms", "quit_ms": 0 or absent for the defaults) the ladder, as events
 *     kill, reset
 * Events: {"event": "state"|"ended", "state": NAME, "cause": TEXT, "cause_id": ID} and
 * {"event": "progress", "state": STATE, "values": {KEY: TEXT, ...}}: lines of the progress port, and
 * the supervisor's own: "stopping" (rung, deadline_ms: the stop ladder), "timeout" (no login in
 * time; the machine goes on), "panic" (text), "paused" (text), "resumed".
 * Type 'C', console bytes as they came from the serial line, to clients that asked for them.
 * A client that leaves 1 MiB unread misses console bytes; one that leaves 4 MiB unread is dropped.
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
/* Asks for a stop by the ladder powerdown → quit → terminate → kill with deadlines (ms, 0: the
 * defaults 60 s for the first, 10 s for the second; the third has half of the second's), or to be
 * killed at once. Progress of the ladder comes as state and progress events. */
void vm_client_stop(struct vm_client *c, uint64_t powerdown_ms, uint64_t quit_ms);
void vm_client_kill(struct vm_client *c);

#endif
