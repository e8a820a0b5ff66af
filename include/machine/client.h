/* SPDX-License-Identifier: MIT */
/*
 * client: starts the supervisor and talks to it over its control socket.
 *
 * Protocol, version 1, over the Unix socket RUNTIME_DIR/control: frames of 4 bytes length
 * (big-endian, of what follows), 1 byte type, payload.
 *
 * Type 'J', a JSON object. Requests: {"op": OP, "id": N, ...}; each has one answer {"id": N,
 * "ok": BOOL, ...}, where ok is false with "error" (a sentence), "error_id" (its stable name), "kind"
 * (enum err_kind) and "hint" (what to do, or ""). Answers come when the thing is done, so not in the
 * order of the requests. At most 64 KiB; what is no request ends the connection.
 *     hello      -> "protocol", "pid"
 *     status     -> "run": the run record as in run.json
 *     subscribe  ("console": BOOL) -> "run"; from then on events come
 *     stop       ("powerdown_ms", "quit_ms": 0 or absent for the defaults) the ladder, as events
 *     kill, reset
 *     pause, resume: answered when the guest stands, or goes on
 *     suspend: answered when its state is whole on disk; the end follows
 *     suspend-cancel: gives it up where it is not whole yet; the suspend is answered with
 *         "suspend-cancelled", and the guest goes on
 *     snapshot-create, snapshot-revert, snapshot-delete ("tag"); snapshot-list -> "snapshots": a list
 *         of {"tag": TEXT, "date": SECONDS, "memory": BOOL (the running guest is part of it), "size":
 *         BYTES of its memory}
 *     forward ("rule": "tcp:127.0.0.1:8080-:80", "on": BOOL): that port of this host leads to the guest from now on,
 *         or no longer; "qemu-refused" with QEMU's words. One that is so already is done
 * One of suspend and snapshot-* at a time; another meanwhile fails with "busy".
 *     attach ("type": BOOL) -> "rows", "columns": from now on frames 'S' come, the first with the whole
 *         screen; with "type" this client is the one that types
 *     take ("type": BOOL) becomes the one that types, or leaves it
 *     type ("text"), paste ("text": sent as pasted), key ("key", "modifiers"), click ("row", "column",
 *         "button", "pressed", "modifiers"), resize ("rows", "columns"): from the one that types alone
 *         ("not-typing"); "not-taken": the guest does not read, nothing was queued
 *     lines ("from", "count") -> "from", "count", "first", "end": lines of the scrollback, as a frame
 *         'L' before the answer
 *     clip -> "text": what the guest put on the clipboard last
 *     find ("text", "back", "line", "column") -> "found", "line", "column", "columns"
 * Events: {"event": "refused", "kind", "error_id", "error", "hint"} before a connection that is one too many is
 * closed,
 * {"event": "typing", "you": BOOL, "anybody": BOOL, "viewers": N},
 * {"event": "state"|"ended", "state": NAME, "cause": TEXT, "cause_id": ID} and
 * {"event": "progress", "state": STATE, "values": {KEY: TEXT, ...}}: lines of the progress port, and
 * the supervisor's own: "stopping" (rung, deadline_ms: the stop ladder; also after subscribing), "timeout" (no login in
 * time; the machine goes on), "panic" (text), "paused" (text), "resumed",
 * "suspending" (done, total: bytes of memory), "snapshotting" (done: bytes that the disk grew by),
 * "reverting" (done, total: bytes of the snapshot's memory); a guest's own line of such a name is dropped.
 * Type 'S': an update of the screen (console/view.h), at most 30 a second, none while 64 KiB wait to
 * be read: what changed meanwhile is in the next one. Type 'L': packed rows (console/row.h).
 * Type 'C', console bytes as they came from the serial line, to clients that asked for them.
 * A client that leaves 1 MiB unread misses console bytes; one that leaves 4 MiB unread is dropped.
 */
#ifndef MACHINE_CLIENT_H
#define MACHINE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"
#include "machine/run.h"

/* Writes the request and starts `self supervise REQUEST` detached. Returns once the supervisor
 * holds the lock and serves the control socket, or with the error it recorded (busy, QEMU missing
 * …). Does not block the loop: `done` is called. */
void vm_start(struct loop *l, const struct vm_request *r, void (*done)(const struct err *e, void *arg), void *arg);

/* Starts a supervisor that takes over the QEMU that runs for the machine in `dir`, whose own was
 * killed. `done` as with vm_start, once its state is known; "busy": another is at it already. What
 * cannot be taken over is left running ("orphan"). vm_connect does this by itself. */
void vm_adopt(struct loop *l, const char *dir, void (*done)(const struct err *e, void *arg), void *arg);

/* How far something is, of a progress event: "writing its memory, 312.0 M of 1.0 G", owned; NULL where it
 * says no such thing. done and total (0: not known) may be NULL. */
char *vm_progress_text(const char *state, const json_t *values, uint64_t *done, uint64_t *total);

/* What the stop ladder does, of the values of a "stopping" event: "the power button is pressed"; static,
 * NULL: nothing that is known. `ms` (may be NULL): until its next rung, 0: none follows. */
const char *vm_stop_text(const json_t *values, uint64_t *ms);

struct vm_client;

struct vm_client_ops {
	/* At the first answer, and at every change. */
	void (*state)(enum vm_state s, void *arg);
	/* A line of the progress port taken apart: STATE and its keys as strings. */
	void (*progress)(const char *state, const json_t *values, void *arg);
	/* Console bytes as they arrive (only when asked for), raw. */
	void (*console)(const char *p, size_t n, void *arg);
	/* After the request "attach": an update of the screen; lines that were asked for; who types. May
	 * be NULL. machine/attach.h is what uses them. */
	void (*screen)(const char *p, size_t n, void *arg);
	void (*lines)(const char *p, size_t n, void *arg);
	void (*typing)(bool you, bool anybody, unsigned viewers, void *arg);
	/* QEMU has ended (cause as recorded). Last call. */
	void (*ended)(enum vm_state s, const char *cause, void *arg);
	/* The machine may well run, but its supervisor cannot be reached, does not answer in time
	 * (machine/deadline.h), serves too many already ("busy") or does not understand us. Last call.
	 * NULL: `ended` is called in its place, with VM_FAILED and the error's text. */
	void (*lost)(const struct err *e, void *arg);
};

/* Connects to the machine's control socket and subscribes. `ops` must outlive the client. Where no
 * supervisor serves but its QEMU lives, a new supervisor is started that takes it over, and then
 * connected to; one whose socket was removed (the end of a login session takes its folder) is told to
 * listen anew. Where nothing runs, `ended` is called with what the run record says. Never blocks. */
struct vm_client *vm_connect(struct loop *l, const char *dir, const char *runtime_dir, bool with_console,
			     const struct vm_client_ops *ops, void *arg);
void vm_client_close(struct vm_client *c);
/* Asks for a stop by the ladder powerdown → quit → terminate → kill with deadlines (ms, 0: the
 * defaults 60 s for the first, 10 s for the second; the third has half of the second's), or to be
 * killed at once. Progress of the ladder comes as state and progress events. */
void vm_client_stop(struct vm_client *c, uint64_t powerdown_ms, uint64_t quit_ms);
void vm_client_kill(struct vm_client *c);

/* What became of a request: `e` NULL when it was done, else why not, with a stable id ("not-running",
 * "busy", "disk-full" …) and often a hint. `answer`: the supervisor's object, NULL with an error that
 * is ours. Both borrowed. Called once, before `ended` when the machine ends first (id "ended"), and
 * not after vm_client_close; the client may be closed within. */
typedef void (*vm_answer_fn)(const struct err *e, const json_t *answer, void *arg);

/* Any request of the protocol; takes the object and adds "op" and "id". `fn` may be NULL. */
void vm_client_ask(struct vm_client *c, const char *op, json_t *o, vm_answer_fn fn, void *arg);

/* The power actions beside the stop ladder. They return at once; `fn` (or NULL) gets the outcome.
 * Each is idempotent: pausing what is paused, or resuming what runs, is done at once.
 *
 * pause: the guest's processors stand still until resume; QEMU keeps its memory.
 * resume: goes on after a pause, whatever paused it. Fails with "disk-full" or "io-error" where the
 *     disk stops it again at once.
 * reset: as the reset button; the guest loses what it had not written.
 * suspend: writes memory and devices to the machine's folder and ends QEMU; `ended` follows with
 *     VM_SUSPENDED, and the next vm_start goes on from there. On failure the guest goes on. */
void vm_client_pause(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_resume(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_reset(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_suspend(struct vm_client *c, vm_answer_fn fn, void *arg);
/* While it suspends: takes that back; vm_client_suspend's outcome then is "suspend-cancelled", or
 * that it was done where this came too late. */
void vm_client_suspend_cancel(struct vm_client *c);

/* Snapshots of a running or paused machine: its disk and its memory. The guest stands still while one
 * is made or loaded (seconds), and goes on as it was. `tag` as vm_snapshot_tag_ok wants it.
 * create: "snapshot-exists" when the tag is taken. revert: disk and memory as they were, all since
 * then is lost; "snapshot-missing", "snapshot-other" (made by a machine with other settings),
 * "snapshot-offline" (made while it was off: stop the machine first). delete: "snapshot-missing". */
enum vm_snapshot_op { VM_SNAPSHOT_CREATE, VM_SNAPSHOT_REVERT, VM_SNAPSHOT_DELETE };
void vm_client_snapshot(struct vm_client *c, enum vm_snapshot_op op, const char *tag, vm_answer_fn fn, void *arg);
/* `answer` has "snapshots" as in the protocol above. */
void vm_client_snapshots(struct vm_client *c, vm_answer_fn fn, void *arg);
/* A letter, then letters, digits, '.', '_', '-'; at most 63 bytes. */
bool vm_snapshot_tag_ok(const char *tag);

#endif
