/* SPDX-License-Identifier: MIT */
/*
 * client: the client's end of the control socket (include/machine/client.h). It may be closed within its own
 * callbacks: the memory is freed when the outermost of them has returned.
 */
#include "machine/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/proc.h"
#include "machine/deadline.h"
#include "machine/frame.h"
#include "machine/link.h"

#define CONNECT_MS 5000
#define ANSWER_MS 10000 /* a supervisor never blocks: a silent one is stopped or stuck */
#define WAKE_MS 1500	/* until a supervisor that was asked to listens in the old place again */

/* A request whose answer a callback waits for. */
struct client_pending {
	struct client_pending *next;
	json_int_t id;
	vm_answer_fn fn;
	void *arg;
};

struct vm_client {
	struct loop *loop;
	char *dir, *path; /* of the machine, of the socket */
	struct vm_link *link;
	struct frame_reader reader;
	struct buf waiting; /* requests made before it was connected */
	const struct vm_client_ops *ops;
	void *arg;
	json_int_t next_id;
	struct client_pending *pending; /* requests without an answer yet, oldest first */
	struct loop_timer *late;	/* answers what is requested after the end */
	struct loop_timer *pulse;	/* while an answer is due: checks whether the supervisor lives */
	bool heard;			/* something was received since the last pulse */
	bool up, greeted;		/* connected, and answered for the first time */
	bool ending;			/* a stop was requested, and its end is the answer */
	unsigned depth;			/* of nested callbacks */
	bool woken;			/* its supervisor was asked to listen again */
	bool ended;			/* and reported */
	bool closed;
};

static void client_enter(struct vm_client *c)
{
	c->depth++;
}

static struct client_pending *client_pending_take(struct vm_client *c, json_int_t id)
{
	struct client_pending **at = &c->pending;
	struct client_pending *a;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	a = *at;
	if (a)
		*at = a->next;
	return a;
}

static void client_leave(struct vm_client *c)
{
	if (--c->depth || !c->closed)
		return;
	while (c->pending)
		free(client_pending_take(c, c->pending->id));
	frame_fini(&c->reader);
	buf_fini(&c->waiting);
	free(c->dir);
	free(c->path);
	free(c);
}

/* Fails the requests that cannot be answered any longer. */
static void client_fail_pending(struct vm_client *c, const char *cause)
{
	AUTO_ERR struct err e = ERR_INIT;

	json_int_t end = c->next_id; /* later requests wait for their own turn */

	err_set(&e, ERR_FAILED, "ended", "%s", *cause ? cause : "the machine has exited");
	while (c->pending && c->pending->id < end && !c->closed) {
		struct client_pending *a = client_pending_take(c, c->pending->id);

		a->fn(&e, NULL, a->arg);
		free(a);
	}
}

static void client_pulse_stop(struct vm_client *c)
{
	loop_timer_stop(c->pulse);
	c->pulse = NULL;
}

static void client_report_ended(struct vm_client *c, enum vm_state s, const char *cause)
{
	if (c->ended || c->closed)
		return;
	c->ended = true;
	client_pulse_stop(c);
	client_fail_pending(c, cause);
	if (!c->closed)
		c->ops->ended(s, cause, c->arg);
}

/* Takes what the error holds. */
static void client_report_lost(struct vm_client *c, struct err *e)
{
	if (!c->ops->lost) {
		client_report_ended(c, VM_FAILED, e->text);
	} else if (!c->ended && !c->closed) {
		c->ended = true;
		client_pulse_stop(c);
		client_fail_pending(c, e->text);
		if (!c->closed)
			c->ops->lost(e, c->arg);
	}
	err_fini(e);
}

static void client_report_incompatible(struct vm_client *c, const char *text)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_FAILED, "protocol", "%s", text);
	client_report_lost(c, &e);
}

/* Reports the end from the record, if no supervisor serves. */
static void client_report_record(struct vm_client *c)
{
	struct err e = ERR_INIT;
	struct vm_run run;

	if (vm_run_read(c->dir, &run, &e) < 0) {
		client_report_lost(c, &e);
		return;
	}
	if (run.alive) {
		err_set(&e, ERR_FAILED, "unreachable",
			"the connection to its supervisor (pid %lld) is lost; QEMU (pid %lld) may still run",
			(long long)run.supervisor_pid, (long long)run.qemu_pid);
		client_report_lost(c, &e);
	} else {
		client_report_ended(c, run.state, run.cause);
	}
	vm_run_fini(&run);
}

/* Sends a request. Takes the object; adds op and id. */
static json_int_t client_request(struct vm_client *c, const char *op, json_t *o)
{
	json_int_t id = c->next_id++;
	struct buf b;

	json_object_set_new(o, "op", json_string(op));
	json_object_set_new(o, "id", json_integer(id));
	buf_init(&b, 0);
	frame_put_json(&b, o);
	if (vm_link_write(c->link, b.data, b.len) < 0 && !c->ended)
		buf_add(&c->waiting, b.data, b.len);
	buf_fini(&b);
	json_decref(o);
	return id;
}

/* Reports a supervisor that does not answer: it was stopped by a signal, or is stuck in a call of the host's. */
static void client_report_silent(struct vm_client *c)
{
	struct err e = ERR_INIT;
	struct vm_run run = {0};

	vm_run_read(c->dir, &run, NULL);
	err_set(&e, ERR_FAILED, "unreachable",
		"its supervisor (pid %lld) does not answer; QEMU (pid %lld) may still run",
		(long long)run.supervisor_pid, (long long)run.qemu_pid);
	vm_run_fini(&run);
	client_report_lost(c, &e);
}

static void client_on_pulse(void *arg)
{
	struct vm_client *c = arg;

	if (!c->up)
		return; /* connecting has its own limit */
	client_enter(c);
	if (!c->heard) {
		client_pulse_stop(c);
		client_report_silent(c);
	} else {
		c->heard = false;
		client_request(c, "hello", json_object()); /* any answer will do */
	}
	client_leave(c);
}

/* A client that only listens has no timer. */
static void client_pulse_watch(struct vm_client *c)
{
	uint64_t ms = vm_deadline(ANSWER_MS) / 2 + 1;
	bool owed = (c->pending || c->ending || !c->greeted) && !c->ended && !c->closed;

	if (!owed) {
		client_pulse_stop(c);
	} else if (!c->pulse) {
		c->heard = true;
		c->pulse = loop_timer_start(c->loop, ms, ms, client_on_pulse, c);
	}
}

static void client_on_state(struct vm_client *c, const json_t *o)
{
	enum vm_state s;

	if (vm_state_find(json_str(o, "state", ""), &s) && c->ops->state && !c->closed)
		c->ops->state(s, c->arg);
}

/* Reads the error of an answer, or of the event "refused". */
static void client_read_error(const json_t *o, struct err *e)
{
	const char *hint = json_str(o, "hint", "");

	err_set(e, (enum err_kind)json_int(o, "kind", ERR_FAILED), json_str(o, "error_id", "vm"), "%s",
		json_str(o, "error", "its supervisor refused, without a reason"));
	if (*hint)
		err_hint(e, "%s", hint);
}

static void client_report_refused(struct vm_client *c, const json_t *o)
{
	struct err e = ERR_INIT;

	client_read_error(o, &e);
	client_report_lost(c, &e);
}

static void client_on_answer(struct vm_client *c, const json_t *o)
{
	struct client_pending *a = client_pending_take(c, json_int(o, "id", 0));
	AUTO_ERR struct err e = ERR_INIT;

	if (!a)
		return;
	if (!json_bool(o, "ok", false))
		client_read_error(o, &e);
	a->fn(e.kind ? &e : NULL, o, a->arg);
	free(a);
}

static void client_on_object(struct vm_client *c, const json_t *o)
{
	const char *event = json_str(o, "event", "");
	const json_t *run = json_object_get(o, "run");
	enum vm_state s = VM_FAILED;

	if (json_is_object(run)) {
		client_on_state(c, run);
		client_on_answer(c, o);
	} else if (!strcmp(event, "state")) {
		client_on_state(c, o);
	} else if (!strcmp(event, "progress")) {
		if (c->ops->progress)
			c->ops->progress(json_str(o, "state", ""), json_object_get(o, "values"), c->arg);
	} else if (!strcmp(event, "typing")) {
		if (c->ops->typing)
			c->ops->typing(json_bool(o, "you", false), json_bool(o, "anybody", false),
				       (unsigned)json_int(o, "viewers", 0), c->arg);
	} else if (!strcmp(event, "refused")) {
		client_report_refused(c, o);
	} else if (!strcmp(event, "ended")) {
		vm_state_find(json_str(o, "state", ""), &s);
		client_report_ended(c, s, json_str(o, "cause", ""));
	} else if (json_int(o, "protocol", FRAME_PROTOCOL) != FRAME_PROTOCOL) {
		client_report_incompatible(c, "its supervisor is of another version of debwiz");
	} else {
		client_on_answer(c, o);
	}
}

static int client_on_frame(uint8_t type, const char *payload, size_t n, void *arg)
{
	struct vm_client *c = arg;
	json_t *o;

	if (type == FRAME_CONSOLE) {
		if (c->ops->console)
			c->ops->console(payload, n, c->arg);
	} else if (type == FRAME_SCREEN) {
		if (c->ops->screen)
			c->ops->screen(payload, n, c->arg);
	} else if (type == FRAME_LINES) {
		if (c->ops->lines)
			c->ops->lines(payload, n, c->arg);
	} else if (type == FRAME_JSON) {
		o = json_loadb(payload, n, 0, NULL);
		if (json_is_object(o))
			client_on_object(c, o);
		json_decref(o);
	}
	return c->ended || c->closed ? -1 : 0;
}

static void client_on_data(const char *p, size_t n, void *arg)
{
	struct vm_client *c = arg;

	client_enter(c);
	c->heard = c->greeted = true;
	if (!c->ended && frame_feed(&c->reader, p, n, client_on_frame, c) < 0)
		client_report_incompatible(c, "its supervisor does not speak the control protocol");
	client_pulse_watch(c);
	client_leave(c);
}

static void client_on_up(void *arg)
{
	struct vm_client *c = arg;

	vm_link_write(c->link, c->waiting.data, c->waiting.len);
	buf_fini(&c->waiting);
	c->up = true;
	client_pulse_watch(c);
}

static bool client_listens_elsewhere(struct vm_client *c);

static void client_on_down(const char *error, void *arg)
{
	struct vm_client *c = arg;

	client_enter(c);
	if (!c->ended && !(error && client_listens_elsewhere(c)))
		client_report_record(c);
	client_leave(c);
}

static const struct vm_link_ops link_ops = {.up = client_on_up, .data = client_on_data, .down = client_on_down};

/* Returns the recorded path of the socket, whatever this shell's environment says; owned. */
static char *client_control_path(const struct vm_run *run, const char *otherwise)
{
	return file_join(run->alive && *run->runtime_dir ? run->runtime_dir : otherwise, "control");
}

/* Connects to another path if the supervisor could not listen in the old place again. */
static bool client_listens_elsewhere(struct vm_client *c)
{
	struct vm_run run = {0};
	char *path;
	bool moved;

	if (!c->woken || vm_run_read(c->dir, &run, NULL) < 0)
		return false;
	path = client_control_path(&run, "");
	moved = run.alive && strcmp(path, c->path) != 0;
	if (moved) {
		c->woken = false;
		vm_link_close(c->link);
		free(c->path);
		c->path = path;
		c->link = vm_link_open(c->loop, c->path, CONNECT_MS, &link_ops, c);
	} else {
		free(path);
	}
	vm_run_fini(&run);
	return moved;
}

/* Asks a supervisor without a socket to listen again. It serves before it is recorded as alive: its folder was
 * removed. */
static void client_wake(struct vm_client *c, const struct vm_run *run)
{
	struct proc_id id = {.pid = run->supervisor_pid, .start = run->supervisor_start};

	if (file_exists(c->path))
		return;
	proc_signal_hangup(&id);
	c->woken = true;
}

static void client_on_late(void *arg)
{
	struct vm_client *c = arg;

	loop_timer_stop(c->late);
	c->late = NULL;
	client_enter(c);
	client_fail_pending(c, "the machine has exited");
	client_leave(c);
}

void vm_client_ask(struct vm_client *c, const char *op, json_t *o, vm_answer_fn fn, void *arg)
{
	json_int_t id = client_request(c, op, o);
	struct client_pending **at = &c->pending;

	if (!fn)
		return;
	if (c->ended && !c->late) /* the answer never comes within the request */
		c->late = loop_timer_start(c->loop, 0, 0, client_on_late, c);
	while (*at)
		at = &(*at)->next;
	*at = xcalloc(1, sizeof(**at));
	**at = (struct client_pending){.id = id, .fn = fn, .arg = arg};
	client_pulse_watch(c);
}

static void client_on_adopted(const struct err *e, void *arg)
{
	struct vm_client *c = arg;

	/* if another client was quicker, or the machine has exited, the socket or the record shows it */
	bool served = !e || e->kind == ERR_BUSY || !strcmp(e->id, "not-running");
	struct err why = ERR_INIT;

	if (!served) {
		err_copy(&why, e);
		client_report_lost(c, &why);
	} else if (!c->closed) {
		c->link = vm_link_open(c->loop, c->path, CONNECT_MS, &link_ops, c);
	}
	client_leave(c);
}

struct vm_client *vm_connect(struct loop *l, const char *dir, const char *runtime_dir, bool with_console,
			     const struct vm_client_ops *ops, void *arg)
{
	struct vm_client *c = xcalloc(1, sizeof(*c));
	struct vm_run run = {0};

	c->loop = l;
	c->dir = xstrdup(dir);
	c->ops = ops;
	c->arg = arg;
	c->next_id = 1;
	frame_init(&c->reader, FRAME_ANSWER_MAX);
	buf_init(&c->waiting, FRAME_REQUEST_MAX);
	client_request(c, "hello", json_object());
	client_request(c, "subscribe", json_pack("{s:b}", "console", (int)with_console));
	vm_run_read(dir, &run, NULL);
	c->path = client_control_path(&run, runtime_dir);
	if (run.orphan) {
		client_enter(c);
		vm_adopt(l, dir, client_on_adopted, c);
	} else { /* a supervisor that is starting gets a moment */
		if (run.alive)
			client_wake(c, &run);
		c->link = vm_link_open(l, c->path, c->woken ? WAKE_MS : run.alive ? CONNECT_MS : 0, &link_ops, c);
	}
	vm_run_fini(&run);
	return c;
}

void vm_client_close(struct vm_client *c)
{
	if (!c || c->closed)
		return;
	client_enter(c);
	c->closed = true;
	client_pulse_stop(c);
	loop_timer_stop(c->late);
	c->late = NULL;
	vm_link_close(c->link);
	c->link = NULL;
	client_leave(c);
}

void vm_client_stop(struct vm_client *c, uint64_t powerdown_ms, uint64_t quit_ms)
{
	client_request(
		c, "stop",
		json_pack("{s:I, s:I}", "powerdown_ms", (json_int_t)powerdown_ms, "quit_ms", (json_int_t)quit_ms));
	c->ending = true;
	client_pulse_watch(c);
}

void vm_client_kill(struct vm_client *c)
{
	client_request(c, "kill", json_object());
	c->ending = true;
	client_pulse_watch(c);
}

void vm_client_pause(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	vm_client_ask(c, "pause", json_object(), fn, arg);
}

void vm_client_resume(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	vm_client_ask(c, "resume", json_object(), fn, arg);
}

void vm_client_reset(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	vm_client_ask(c, "reset", json_object(), fn, arg);
}

void vm_client_suspend(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	vm_client_ask(c, "suspend", json_object(), fn, arg);
}

void vm_client_suspend_cancel(struct vm_client *c)
{
	vm_client_ask(c, "suspend-cancel", json_object(), NULL, NULL);
}

void vm_client_snapshot(struct vm_client *c, enum vm_snapshot_op op, const char *tag, vm_answer_fn fn, void *arg)
{
	static const char *const names[] = {
		[VM_SNAPSHOT_CREATE] = "snapshot-create",
		[VM_SNAPSHOT_REVERT] = "snapshot-revert",
		[VM_SNAPSHOT_DELETE] = "snapshot-delete",
	};

	json_t *o = json_object();

	json_object_set_new(o, "tag", json_string(tag)); /* a tag that is not UTF-8 stays out, and is refused */
	vm_client_ask(c, names[op], o, fn, arg);
}

void vm_client_snapshots(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	vm_client_ask(c, "snapshot-list", json_object(), fn, arg);
}

/* Texts of progress and of the stop ladder */

static uint64_t client_number(const json_t *values, const char *key)
{
	return strtoull(json_str(values, key, "0"), NULL, 10);
}

char *vm_progress_text(const char *state, const json_t *values, uint64_t *done, uint64_t *total)
{
	static const struct {
		const char *state, *words;
	} known[] = {
		{"reverting", "loading the snapshot"},
		{"snapshotting", "writing the snapshot"},
		{"suspending", "writing its memory"},
	};
	uint64_t so_far = client_number(values, "done"), all = client_number(values, "total");
	char a[SIZE_TEXT], b[SIZE_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].state, state) != 0)
			continue;
		if (done)
			*done = so_far;
		if (total)
			*total = all;
		return xasprintf("%s, %s%s%s", known[i].words, size_human(so_far, a), all ? " of " : "",
				 all ? size_human(all, b) : "");
	}
	return NULL;
}

const char *vm_stop_text(const json_t *values, uint64_t *ms)
{
	static const struct {
		const char *rung, *words;
	} rungs[] = {
		{"powerdown", "the power button is pressed"},
		{"exit", "the guest is down, QEMU is about to exit"},
		{"quit", "the guest does not power off: QEMU is told to quit"},
		{"terminate", "QEMU does not answer: it is ended by a signal"},
		{"kill", "it is killed"},
	};
	const char *rung = json_str(values, "rung", "");

	if (ms)
		*ms = client_number(values, "deadline_ms");
	for (size_t i = 0; i < ARRAY_SIZE(rungs); i++)
		if (!strcmp(rungs[i].rung, rung))
			return rungs[i].words;
	return NULL;
}
