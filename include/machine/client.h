/* SPDX-License-Identifier: MIT */
/*
 * client: starts the supervisor and talks to it over its control socket.
 *
 * Protocol, version 1, over the Unix socket RUNTIME_DIR/control: frames of 4 bytes length
 * (big-endian, of what follows), 1 byte type, payload.
 *
 * Type 'J', a JSON object. Requests: {"op": OP, "id": N, ...}; each has one answer {"id": N,
 * "ok": BOOL, ...}, where ok is false with "error" (a sentence), "error_id" (its stable name), "kind"
 * (enum err_kind) and "hint" (what to do, or ""). Answers are sent when the request is done, so not in the
 * order of the requests. At most 64 KiB; anything but a request ends the connection.
 *     hello      -> "protocol", "pid"
 *     status     -> "run": the run record, once run.json has it
 *     subscribe  ("console": BOOL) -> "run", as status; the changes since follow as events
 *     stop       ("powerdown_ms", "quit_ms": 0 or absent for the defaults) the ladder, as events
 *     kill, reset
 *     pause, resume: answered when the guest is paused, or runs
 *     suspend: answered when its state is complete on disk; the exit follows
 *     suspend-cancel: cancels it unless the state is complete; the suspend is answered with
 *         "suspend-cancelled", and the guest is resumed
 *     snapshot-create, snapshot-revert, snapshot-delete ("tag"); snapshot-list -> "snapshots": a list
 *         of {"tag": TEXT, "date": SECONDS, "memory": BOOL (the running guest is part of it), "size":
 *         BYTES of its memory}
 *     forward ("rule": "tcp:127.0.0.1:8080-:80", "on": BOOL): adds or removes a forwarded port;
 *         "qemu-refused" with QEMU's reason. Succeeds if nothing is to be changed
 * One of suspend and snapshot-* at a time; another one fails with "busy".
 *     attach ("type": BOOL) -> "rows", "columns": frames 'S' follow, the first with the whole
 *         screen; with "type" this client becomes the typing client
 *     take ("type": BOOL) makes this client the typing client, or a watching one
 *     type ("text"), paste ("text": sent as pasted), key ("key", "modifiers"), click ("row", "column",
 *         "button", "pressed", "modifiers"), resize ("rows", "columns"): only from the typing client
 *         ("not-typing"); "not-taken": the guest does not read, nothing was queued
 *     lines ("from", "count") -> "from", "count", "first", "end": lines of the scrollback, as a frame
 *         'L' before the answer
 *     clip -> "text": what the guest put on the clipboard last
 *     find ("text", "back", "line", "column") -> "found", "line", "column", "columns"
 * Events: {"event": "refused", "kind", "error_id", "error", "hint"} before a surplus connection is closed,
 * {"event": "typing", "you": BOOL, "anybody": BOOL, "viewers": N},
 * {"event": "state"|"ended", "state": NAME, "cause": TEXT, "cause_id": ID} and
 * {"event": "progress", "state": STATE, "values": {KEY: TEXT, ...}}: lines of the progress port, and
 * the supervisor's own: "stopping" (rung, deadline_ms: the stop ladder; also after subscribing), "timeout" (no login in
 * time; the machine keeps running), "panic" (text), "paused" (text), "resumed",
 * "suspending" (done, total: bytes of memory), "snapshotting" (done: bytes that the disk grew by),
 * "reverting" (done, total: bytes of the snapshot's memory); a guest's own line of such a name is dropped.
 * Type 'S': an update of the screen (console/view.h), at most 30 a second, none while 64 KiB wait to
 * be read: the next one has what changed until then. Type 'L': packed rows (console/row.h).
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

/* Writes the request and starts `self supervise REQUEST` detached. `done` is called once the supervisor holds the
 * lock and serves the control socket, or with the error that it recorded (busy, QEMU missing ...). Does not block. */
void vm_start(struct loop *l, const struct vm_request *r, void (*done)(const struct err *e, void *arg), void *arg);

/* Starts a supervisor that takes over the running QEMU of the machine in `dir`, whose own supervisor was killed.
 * `done` as with vm_start, once QEMU's state is known; "busy": another supervisor does it already. A QEMU that
 * cannot be taken over keeps running ("orphan"). vm_connect calls this by itself. */
void vm_adopt(struct loop *l, const char *dir, void (*done)(const struct err *e, void *arg), void *arg);

/* Returns the text of a progress event: "writing its memory, 312.0 M of 1.0 G", owned; NULL for other events. done
 * and total (0: not known) may be NULL. */
char *vm_progress_text(const char *state, const json_t *values, uint64_t *done, uint64_t *total);

/* Returns the text of a "stopping" event: "the power button is pressed"; static, NULL if it is unknown. `ms` (may be
 * NULL): until the next rung, 0: none follows. */
const char *vm_stop_text(const json_t *values, uint64_t *ms);

struct vm_client;

struct vm_client_ops {
	/* At the first answer, and at every change. */
	void (*state)(enum vm_state s, void *arg);
	/* A line of the progress port, parsed: STATE and its keys as strings. */
	void (*progress)(const char *state, const json_t *values, void *arg);
	/* Console bytes as they arrive (only if requested), raw. */
	void (*console)(const char *p, size_t n, void *arg);
	/* After the request "attach": an update of the screen; requested lines; who types. May be NULL;
	 * machine/attach.h uses them. */
	void (*screen)(const char *p, size_t n, void *arg);
	void (*lines)(const char *p, size_t n, void *arg);
	void (*typing)(bool you, bool anybody, unsigned viewers, void *arg);
	/* QEMU has exited (cause as recorded). Last call. */
	void (*ended)(enum vm_state s, const char *cause, void *arg);
	/* The machine may run, but its supervisor cannot be reached, does not answer in time (machine/deadline.h),
	 * serves too many clients ("busy") or uses another protocol. Last call. NULL: `ended` is called instead,
	 * with VM_FAILED and the error's text. */
	void (*lost)(const struct err *e, void *arg);
};

/* Connects to the machine's control socket and subscribes. `ops` must outlive the client. If QEMU runs without a
 * supervisor, a new one is started that takes it over; a supervisor whose socket was removed (the end of a login
 * session removes its folder) is asked to listen again. If nothing runs, `ended` is called with what the run record
 * says. Never blocks. */
struct vm_client *vm_connect(struct loop *l, const char *dir, const char *runtime_dir, bool with_console,
			     const struct vm_client_ops *ops, void *arg);
void vm_client_close(struct vm_client *c);
/* Asks for a stop by the ladder powerdown, quit, terminate, kill with deadlines (ms, 0: the defaults 60 s for the
 * first, 10 s for the second; the third has half of the second's), or to be killed immediately. The ladder is
 * reported by state and progress events. */
void vm_client_stop(struct vm_client *c, uint64_t powerdown_ms, uint64_t quit_ms);
void vm_client_kill(struct vm_client *c);

/* The outcome of a request: `e` NULL if it was done, else why not, with a stable id ("not-running", "busy", "disk-full"
 * ...) and often a hint. `answer`: the supervisor's object, NULL if the error is the client's own. Both
 * borrowed. Called once, before `ended` if the machine exits first (id "ended"), and not after vm_client_close; the
 * client may be closed within. */
typedef void (*vm_answer_fn)(const struct err *e, const json_t *answer, void *arg);

/* Sends any request of the protocol; takes the object and adds "op" and "id". `fn` may be NULL. */
void vm_client_ask(struct vm_client *c, const char *op, json_t *o, vm_answer_fn fn, void *arg);

/* The power actions beside the stop ladder. They return immediately; `fn` (or NULL) gets the outcome.
 * Each is idempotent: to pause a paused guest, or to resume a running one, succeeds immediately.
 *
 * pause: pauses the guest's CPUs until resume; QEMU keeps its memory.
 * resume: continues after any pause. Fails with "disk-full" or "io-error" if the disk pauses the guest
 *     again.
 * reset: like the reset button; unsaved guest data is lost.
 * suspend: writes memory and devices to the machine's folder and ends QEMU; `ended` follows with
 *     VM_SUSPENDED, and the next vm_start resumes it. On failure the guest keeps running. */
void vm_client_pause(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_resume(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_reset(struct vm_client *c, vm_answer_fn fn, void *arg);
void vm_client_suspend(struct vm_client *c, vm_answer_fn fn, void *arg);
/* Cancels a suspension; the outcome of vm_client_suspend then is "suspend-cancelled", or success if this came too
 * late. */
void vm_client_suspend_cancel(struct vm_client *c);

/* Snapshots of a running or paused machine: its disk and its memory. The guest is paused while one
 * is created or loaded (seconds), and continues as before. `tag` as vm_snapshot_tag_ok accepts it.
 * create: "snapshot-exists" if the tag is in use. revert: disk and memory as they were, everything since
 * then is lost; "snapshot-missing", "snapshot-other" (created with other settings of the machine),
 * "snapshot-offline" (created while it was off: stop the machine first). delete: "snapshot-missing". */
enum vm_snapshot_op { VM_SNAPSHOT_CREATE, VM_SNAPSHOT_REVERT, VM_SNAPSHOT_DELETE };
void vm_client_snapshot(struct vm_client *c, enum vm_snapshot_op op, const char *tag, vm_answer_fn fn, void *arg);
/* Lists the snapshots: "snapshots" of `answer`, as in the protocol above. */
void vm_client_snapshots(struct vm_client *c, vm_answer_fn fn, void *arg);
/* Returns whether a tag is valid: a letter, then letters, digits, '.', '_', '-'; at most 63 bytes. */
bool vm_snapshot_tag_ok(const char *tag);

#endif
