/* SPDX-License-Identifier: MIT */
/*
 * monitor: the dialogue with QEMU over QMP, and what its events mean (qapi/run-state.json, block-core.json). The loss
 * of the monitor ends nothing: the guest keeps running, and the stop ladder begins at its third rung.
 */
#include "monitor.h"

#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "base/log.h"
#include "base/mem.h"
#include "deadline.h"
#include "guest.h"
#include "life.h"
#include "machine/link.h"
#include "machine/sanitize.h"
#include "orders.h"
#include "snapshot.h"
#include "sup.h"
#include "suspend.h"

#define LOST_MS 2000 /* from the loss of the monitor until its commands are given up */

struct sup_monitor {
	struct vm_link *link;
	struct qmp *qmp;
	struct loop_timer *lost_timer; /* until the commands of a lost monitor are given up */
	char *shutdown;		       /* reason of QEMU's SHUTDOWN event, or NULL */
};

struct sup_monitor *sup_monitor_new(void)
{
	return xcalloc(1, sizeof(struct sup_monitor));
}

void sup_monitor_free(struct sup_monitor *m)
{
	free(m->shutdown);
	free(m);
}

const char *sup_monitor_shutdown(const struct sup *s)
{
	return s->monitor->shutdown ? s->monitor->shutdown : "";
}

int64_t sup_monitor_oldest(const struct sup *s)
{
	return s->monitor->qmp ? qmp_oldest(s->monitor->qmp) : 0;
}

bool sup_monitor_is_connected(const struct sup *s)
{
	return vm_link_is_up(s->monitor->link);
}

static void monitor_flush(struct sup *s)
{
	struct buf *out = qmp_pull(s->monitor->qmp);

	if (out->len && vm_link_write(s->monitor->link, out->data, out->len) == 0)
		buf_clear(out);
}

bool sup_monitor_is_ready(const struct sup *s)
{
	return s->monitor->qmp && qmp_is_ready(s->monitor->qmp) && sup_monitor_is_connected(s);
}

bool sup_monitor_ask(struct sup *s, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg)
{
	if (!sup_monitor_is_ready(s)) {
		json_decref(arguments);
		return false;
	}
	if (qmp_send(s->monitor->qmp, command, arguments, fn, arg) < 0)
		return false;
	monitor_flush(s);
	sup_deadline_update(s);
	return true;
}

unsigned sup_monitor_version(const struct sup *s)
{
	return s->monitor->qmp ? qmp_version(s->monitor->qmp) : 0;
}

bool sup_monitor_takes_fd(const struct sup *s)
{
	return s->monitor->link && vm_link_takes_fd(s->monitor->link);
}

bool sup_monitor_send_fd(struct sup *s, const char *name, int fd)
{
	struct buf *out;

	if (!sup_monitor_is_ready(s) ||
	    qmp_send(s->monitor->qmp, "getfd", json_pack("{s:s}", "fdname", name), NULL, NULL) < 0)
		return false;
	out = qmp_pull(s->monitor->qmp);
	if (!out->len || vm_link_write_fd(s->monitor->link, out->data, out->len, fd) < 0)
		return false;
	buf_clear(out);
	sup_deadline_update(s);
	return true;
}

bool sup_monitor_send(struct sup *s, const char *command)
{
	return sup_monitor_ask(s, command, NULL, NULL, NULL);
}

static void monitor_on_cont(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	AUTO_FREE char *text = NULL;

	(void)value;
	if (!error) {
		sup_pause_end(s);
		return;
	}
	text = xasprintf("QEMU refused to start the guest: %s", error);
	sup_fail(s, VM_CAUSE_MONITOR, text);
}

void sup_monitor_resume(struct sup *s)
{
	sup_monitor_ask(s, "cont", NULL, monitor_on_cont, s);
}

void sup_monitor_begin(struct sup *s)
{
	if (s->run.state != VM_STARTING || !s->monitor->qmp || !qmp_is_ready(s->monitor->qmp) ||
	    !sup_guest_is_connected(s))
		return;
	if (s->end.adopted)
		sup_adopt_query(s);
	else if (s->req.resume || *s->req.template)
		sup_resume_begin(s);
	else if (*s->req.snapshot)
		sup_snapshot_load(s);
	else
		sup_monitor_resume(s);
}

static void monitor_on_ready(void *arg)
{
	sup_monitor_begin(arg);
}

/* Records the cause of the pause that follows: the STOP event has none. */
static void monitor_ev_block_io_error(struct sup *s, const json_t *data)
{
	const char *reason = json_str(data, "reason", "no reason given");
	bool full = json_bool(data, "nospace", false);
	AUTO_FREE char *words = vm_sanitize(reason, strlen(reason), 200);
	AUTO_FREE char *text = full ? xstrdup("the host's disk is full; free disk space, then resume it")
				    : xasprintf("the host's disk failed: %s", words);

	if (strcmp(json_str(data, "action", ""), "stop") != 0)
		return;
	sup_pause_set_cause(s, full ? VM_CAUSE_DISK_FULL : VM_CAUSE_IO_ERROR, text);
}

static void monitor_ev_guest_panicked(struct sup *s, const json_t *data)
{
	(void)data;
	sup_fail(s, VM_CAUSE_PANIC, "the guest's kernel panicked");
}

static void monitor_ev_migration(struct sup *s, const json_t *data)
{
	sup_suspend_migration(s, json_str(data, "status", ""));
}

static void monitor_ev_reset(struct sup *s, const json_t *data)
{
	if (!strcmp(json_str(data, "reason", ""), "host-qmp-system-reset"))
		sup_guest_reset_by_request(s);
	if (json_bool(data, "guest", false))
		sup_guest_reset_by_itself(s);
}

static void monitor_ev_resume(struct sup *s, const json_t *data)
{
	(void)data;
	if (!sup_busy(s) && s->run.state != VM_STARTING)
		sup_pause_end(s);
}

static void monitor_ev_shutdown(struct sup *s, const json_t *data)
{
	if (!s->monitor->shutdown)
		s->monitor->shutdown = xstrdup(json_str(data, "reason", ""));
	sup_event(s, VM_EV_DOWN);
}

static void monitor_status_internal_error(struct sup *s)
{
	AUTO_FREE char *text = xasprintf("the accelerator %s stopped with an internal error", s->req.accel);

	sup_fail(s, VM_CAUSE_INTERNAL_ERROR, text);
}

/* Returns whether the record, of this run or before a takeover, has a cause that QEMU does not report. */
static bool monitor_pause_is_recorded(const struct sup *s)
{
	return s->run.cause_id == VM_CAUSE_DISK_FULL || s->run.cause_id == VM_CAUSE_IO_ERROR ||
	       s->run.cause_id == VM_CAUSE_SNAPSHOT_FAILED;
}

/* The guest was paused without a request of ours: by another program at the monitor, or for the recorded cause. */
static void monitor_status_paused(struct sup *s)
{
	bool recorded = monitor_pause_is_recorded(s);
	AUTO_FREE char *text = xstrdup(recorded ? s->run.cause : "paused");

	sup_pause_begin(s, recorded ? s->run.cause_id : VM_CAUSE_PAUSED, text);
}

static void monitor_status_io_error(struct sup *s)
{
	if (!monitor_pause_is_recorded(s)) {
		sup_pause_set_cause(s, VM_CAUSE_IO_ERROR, "the host's disk failed or is full");
	}
	monitor_status_paused(s);
}

/* What QEMU's states mean (qapi/run-state.json, RunState); others change nothing. */
static const struct {
	const char *name;
	void (*fn)(struct sup *s);
} statuses[] = {
	{"internal-error", monitor_status_internal_error},
	{"io-error", monitor_status_io_error},
	{"paused", monitor_status_paused},
	{"running", sup_pause_end},
};

void sup_monitor_status(struct sup *s, const char *status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (!strcmp(statuses[i].name, status))
			statuses[i].fn(s);
	}
}

static void monitor_on_status(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (!error && !sup_busy(s))
		sup_monitor_status(s, json_str(value, "status", ""));
}

void sup_monitor_sync(struct sup *s)
{
	sup_monitor_ask(s, "query-status", NULL, monitor_on_status, s);
}

static void monitor_ev_stop(struct sup *s, const json_t *data)
{
	(void)data;
	if (!sup_busy(s))
		sup_monitor_sync(s);
}

/* Sorted: looked up by bisection. */
static const struct monitor_event {
	const char *name;
	void (*fn)(struct sup *s, const json_t *data);
} monitor_events[] = {
	{"BLOCK_IO_ERROR", monitor_ev_block_io_error},
	{"GUEST_PANICKED", monitor_ev_guest_panicked},
	{"JOB_STATUS_CHANGE", sup_snapshot_job_changed},
	{"MIGRATION", monitor_ev_migration},
	{"RESET", monitor_ev_reset},
	{"RESUME", monitor_ev_resume},
	{"SHUTDOWN", monitor_ev_shutdown},
	{"STOP", monitor_ev_stop},
};

static int monitor_compare(const void *name, const void *event)
{
	return strcmp(name, ((const struct monitor_event *)event)->name);
}

static void monitor_on_event(const char *name, const json_t *data, void *arg)
{
	const struct monitor_event *h =
		bsearch(name, monitor_events, ARRAY_SIZE(monitor_events), sizeof(*monitor_events), monitor_compare);

	if (h)
		h->fn(arg, data);
}

/* QEMU still runs, but will not answer any command. */
static void monitor_on_lost(void *arg)
{
	struct sup *s = arg;

	loop_timer_stop(s->monitor->lost_timer);
	s->monitor->lost_timer = NULL;
	if (s->exited || s->abandoned)
		return;
	sup_orders_lost(s);
	sup_snapshot_lost(s);
	sup_suspend_lost(s);
	if (s->run.cause_id == VM_CAUSE_NONE)
		sup_set_cause(s, VM_CAUSE_MONITOR,
			      "QEMU's monitor is lost, and the guest keeps running: power it off from within, or "
			      "kill it");
}

/* Usually QEMU exits next, which answers every request. */
static void monitor_lose(struct sup *s)
{
	if (!s->monitor->lost_timer && !s->exited)
		s->monitor->lost_timer = loop_timer_start(s->loop, LOST_MS, 0, monitor_on_lost, s);
}

static void monitor_on_failed(const char *why, void *arg)
{
	struct sup *s = arg;

	log_msg("vm", "%s", why);
	if (s->run.state == VM_STARTING && !s->end.adopted) /* otherwise the start times out */
		sup_fail(s, VM_CAUSE_MONITOR, why);
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

	qmp_feed(s->monitor->qmp, p, n);
	monitor_flush(s);
	sup_deadline_heard(s);
}

static void monitor_on_down(const char *error, void *arg)
{
	struct sup *s = arg;

	if (error && s->run.state == VM_STARTING && !s->end.adopted)
		sup_fail(s, VM_CAUSE_MONITOR, "QEMU does not open its monitor");
	monitor_lose(s);
	sup_link_down(s);
}

static const struct vm_link_ops link_ops = {.up = monitor_on_up, .data = monitor_on_data, .down = monitor_on_down};

void sup_monitor_open(struct sup *s)
{
	s->monitor->qmp = qmp_new(&qmp_ops, s);
	s->monitor->link = vm_link_open_line(s->loop, s->req.runtime_dir, "qmp", SUP_CONNECT_MS, &link_ops, s);
}

void sup_monitor_close(struct sup *s)
{
	loop_timer_stop(s->monitor->lost_timer);
	s->monitor->lost_timer = NULL;
	sup_deadline_stop(s);
	vm_link_close(s->monitor->link);
	s->monitor->link = NULL;
	qmp_free(s->monitor->qmp);
	s->monitor->qmp = NULL;
}
