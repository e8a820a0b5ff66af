/* SPDX-License-Identifier: MIT */
/*
 * monitor: QEMU's side of the supervisor: its QMP dialogue and what its events mean (qapi/
 * run-state.json, block-core.json). A monitor that is lost ends nothing: the guest goes on, and
 * the stop ladder begins at its third rung.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/sanitize.h"
#include "sup.h"

#define CONNECT_MS 20000
#define RESETS_MAX 5
#define LOST_MS 2000 /* from a monitor that is lost until what it was asked is given up */

static void monitor_flush(struct sup *s)
{
	struct buf *out = qmp_pull(s->qmp);

	if (out->len && vm_link_write(s->qmp_link, out->data, out->len) == 0)
		buf_clear(out);
}

bool sup_monitor_is_there(const struct sup *s)
{
	return s->qmp && qmp_is_ready(s->qmp) && vm_link_is_up(s->qmp_link);
}

bool sup_monitor_ask(struct sup *s, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg)
{
	if (!sup_monitor_is_there(s)) {
		json_decref(arguments);
		return false;
	}
	if (qmp_send(s->qmp, command, arguments, fn, arg) < 0)
		return false;
	monitor_flush(s);
	sup_deadline_watch(s);
	return true;
}

bool sup_monitor_pass(struct sup *s, const char *name, int fd)
{
	struct buf *out;

	if (!sup_monitor_is_there(s) || qmp_send(s->qmp, "getfd", json_pack("{s:s}", "fdname", name), NULL, NULL) < 0)
		return false;
	out = qmp_pull(s->qmp);
	if (!out->len || vm_link_write_fd(s->qmp_link, out->data, out->len, fd) < 0)
		return false;
	buf_clear(out);
	sup_deadline_watch(s);
	return true;
}

bool sup_monitor_do(struct sup *s, const char *command)
{
	return sup_monitor_ask(s, command, NULL, NULL, NULL);
}

static void monitor_on_cont(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	char *text;

	(void)value;
	if (!error) {
		sup_goes_on(s);
		return;
	}
	text = xasprintf("QEMU would not let the guest go: %s", error);
	sup_fatal(s, VM_CAUSE_MONITOR, text);
	free(text);
}

void sup_monitor_let_go(struct sup *s)
{
	sup_monitor_ask(s, "cont", NULL, monitor_on_cont, s);
}

void sup_monitor_go(struct sup *s)
{
	if (s->run.state != VM_STARTING || !s->qmp || !qmp_is_ready(s->qmp) || !vm_link_is_up(s->serial) ||
	    !vm_link_is_up(s->progress))
		return;
	if (s->end.adopted)
		sup_adopt_look(s);
	else if (s->req.resume)
		sup_resume_begin(s);
	else if (*s->req.snapshot)
		sup_snapshot_begin(s);
	else
		sup_monitor_let_go(s);
}

static void monitor_on_ready(void *arg)
{
	sup_monitor_go(arg);
}

/* The reason of the pause that follows: the STOP event has none. */
static void monitor_ev_block_io_error(struct sup *s, const json_t *data)
{
	const char *reason = json_str(data, "reason", "no reason given");
	bool full = json_bool(data, "nospace", false);
	char *text, *words;

	if (strcmp(json_str(data, "action", ""), "stop") != 0)
		return;
	words = vm_sanitize(reason, strlen(reason), 200);
	text = full ? xstrdup("the host's disk is full; free disk space, then resume it")
		    : xasprintf("the host's disk failed: %s", words);
	s->paused_by = full ? VM_CAUSE_DISK_FULL : VM_CAUSE_IO_ERROR;
	sup_note(s, s->paused_by, text);
	free(words);
	free(text);
}

static void monitor_ev_guest_panicked(struct sup *s, const json_t *data)
{
	(void)data;
	sup_fatal(s, VM_CAUSE_PANIC, "the guest's kernel panicked");
}

static void monitor_ev_migration(struct sup *s, const json_t *data)
{
	sup_moved(s, json_str(data, "status", ""));
}

static void monitor_ev_reset(struct sup *s, const json_t *data)
{
	if (!strcmp(json_str(data, "reason", ""), "host-qmp-system-reset"))
		sup_was_reset(s);
	if (!json_bool(data, "guest", false))
		return;
	s->run.login = s->run.ready = false;
	sup_forgive(s, VM_CAUSE_PANIC); /* it takes care of itself */
	sup_guest_forget_grace(s);
	if (++s->resets > RESETS_MAX)
		sup_fatal(s, VM_CAUSE_RESET_LOOP, "the guest resets itself over and over and never comes up");
	else
		sup_event(s, VM_EV_RESET);
}

static void monitor_ev_resume(struct sup *s, const json_t *data)
{
	(void)data;
	if (!s->busy && s->run.state != VM_STARTING)
		sup_goes_on(s);
}

static void monitor_ev_shutdown(struct sup *s, const json_t *data)
{
	if (!s->shutdown)
		s->shutdown = xstrdup(json_str(data, "reason", ""));
	sup_event(s, VM_EV_DOWN);
}

static void monitor_status_internal_error(struct sup *s)
{
	char *text = xasprintf("the accelerator %s stopped with an internal error", s->req.accel);

	sup_fatal(s, VM_CAUSE_INTERNAL_ERROR, text);
	free(text);
}

/* Why the guest is paused, if only the record says it, in this run or before a takeover. */
static bool monitor_pause_is_recorded(const struct sup *s)
{
	return s->run.cause_id == VM_CAUSE_DISK_FULL || s->run.cause_id == VM_CAUSE_IO_ERROR ||
	       s->run.cause_id == VM_CAUSE_SNAPSHOT_FAILED;
}

/* One that is paused and nobody asked us: another program at the monitor, or what was noted. */
static void monitor_status_paused(struct sup *s)
{
	bool recorded = monitor_pause_is_recorded(s);
	char *text = xstrdup(recorded ? s->run.cause : "paused");

	sup_stands(s, recorded ? s->run.cause_id : VM_CAUSE_PAUSED, text);
	free(text);
}

static void monitor_status_io_error(struct sup *s)
{
	if (!monitor_pause_is_recorded(s)) {
		s->paused_by = VM_CAUSE_IO_ERROR;
		sup_note(s, VM_CAUSE_IO_ERROR, "the host's disk failed or is full");
	}
	monitor_status_paused(s);
}

/* What QEMU's states mean (qapi/run-state.json, RunState); the others change nothing. */
static const struct {
	const char *name;
	void (*fn)(struct sup *s);
} statuses[] = {
	{"internal-error", monitor_status_internal_error},
	{"io-error", monitor_status_io_error},
	{"paused", monitor_status_paused},
	{"running", sup_goes_on},
};

void sup_monitor_status(struct sup *s, const char *status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		if (!strcmp(statuses[i].name, status))
			statuses[i].fn(s);
	}
}

static void monitor_on_status(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (!error && !s->busy)
		sup_monitor_status(s, json_str(value, "status", ""));
}

void sup_monitor_sync(struct sup *s)
{
	sup_monitor_ask(s, "query-status", NULL, monitor_on_status, s);
}

static void monitor_ev_stop(struct sup *s, const json_t *data)
{
	(void)data;
	if (!s->busy)
		sup_monitor_sync(s);
}

/* Sorted: looked up by bisection. */
static const struct handler {
	const char *name;
	void (*fn)(struct sup *s, const json_t *data);
} handlers[] = {
	{"BLOCK_IO_ERROR", monitor_ev_block_io_error},
	{"GUEST_PANICKED", monitor_ev_guest_panicked},
	{"JOB_STATUS_CHANGE", sup_job_changed},
	{"MIGRATION", monitor_ev_migration},
	{"RESET", monitor_ev_reset},
	{"RESUME", monitor_ev_resume},
	{"SHUTDOWN", monitor_ev_shutdown},
	{"STOP", monitor_ev_stop},
};

static int monitor_compare(const void *name, const void *handler)
{
	return strcmp(name, ((const struct handler *)handler)->name);
}

static void monitor_on_event(const char *name, const json_t *data, void *arg)
{
	const struct handler *h =
		bsearch(name, handlers, sizeof(handlers) / sizeof(*handlers), sizeof(*handlers), monitor_compare);

	if (h)
		h->fn(arg, data);
}

/* QEMU is still there: what was asked of it would never be answered. */
static void monitor_on_lost(void *arg)
{
	struct sup *s = arg;

	loop_timer_stop(s->lost_timer);
	s->lost_timer = NULL;
	if (s->exited || s->abandoned)
		return;
	sup_orders_lost(s);
	sup_snap_lost(s);
	sup_suspend_lost(s);
	if (s->run.cause_id == VM_CAUSE_NONE)
		sup_note(s, VM_CAUSE_MONITOR,
			 "QEMU's monitor is lost, and the guest keeps running: power it off from within, or "
			 "kill it");
}

/* Mostly QEMU's end follows, and that is the answer. */
static void monitor_lose(struct sup *s)
{
	if (!s->lost_timer && !s->exited)
		s->lost_timer = loop_timer_start(s->loop, LOST_MS, 0, monitor_on_lost, s);
}

static void monitor_on_failed(const char *why, void *arg)
{
	struct sup *s = arg;

	log_msg("vm", "%s", why);
	if (s->run.state == VM_STARTING && !s->end.adopted) /* else the time runs out */
		sup_fatal(s, VM_CAUSE_MONITOR, why);
	monitor_lose(s);
}

static const struct qmp_ops qmp_ops = {
	.ready = monitor_on_ready, .event = monitor_on_event, .failed = monitor_on_failed};

static void monitor_on_up(void *arg)
{
	(void)arg; /* QEMU speaks first */
}

static void monitor_on_data(const char *p, size_t n, void *arg)
{
	struct sup *s = arg;

	qmp_feed(s->qmp, p, n);
	monitor_flush(s);
	sup_deadline_heard(s);
}

static void monitor_on_down(const char *error, void *arg)
{
	struct sup *s = arg;

	if (error && s->run.state == VM_STARTING && !s->end.adopted)
		sup_fatal(s, VM_CAUSE_MONITOR, "QEMU does not open its monitor");
	monitor_lose(s);
	sup_link_down(s);
}

static const struct vm_link_ops link_ops = {.up = monitor_on_up, .data = monitor_on_data, .down = monitor_on_down};

void sup_monitor_open(struct sup *s)
{
	char *path = file_join(s->req.runtime_dir, "qmp");

	s->qmp = qmp_new(&qmp_ops, s);
	s->qmp_link = vm_link_open(s->loop, path, CONNECT_MS, &link_ops, s);
	free(path);
}

void sup_monitor_close(struct sup *s)
{
	loop_timer_stop(s->lost_timer);
	s->lost_timer = NULL;
	sup_deadline_stop(s);
	vm_link_close(s->qmp_link);
	s->qmp_link = NULL;
	qmp_free(s->qmp);
	s->qmp = NULL;
}
