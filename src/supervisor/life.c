/* SPDX-License-Identifier: MIT */
/*
 * life: applies the table of state.c to events; keeps the run record and reports it to subscribers; decides what
 * QEMU's exit means, records that, then reports it.
 */
#include "life.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "clock.h"
#include "guest.h"
#include "host/file.h"
#include "host/line.h"
#include "host/proc.h"
#include "machine/sanitize.h"
#include "monitor.h"
#include "orders.h"
#include "process.h"
#include "snapshot.h"
#include "stop.h"
#include "sup.h"
#include "suspend.h"

#define DRAIN_MS 1000
#define CAUSE_MAX 500
#define CAUSE_LINES 3

struct sup_life {
	bool paused;			/* the guest's CPUs */
	enum vm_cause pause_cause;	/* of the last pause */
	char *failure;			/* text of end.fatal, or NULL */
	struct loop_timer *drain_timer; /* from QEMU's exit until its sockets are empty */
};

struct sup_life *sup_life_new(void)
{
	return xcalloc(1, sizeof(struct sup_life));
}

void sup_life_free(struct sup_life *l)
{
	loop_timer_stop(l->drain_timer);
	free(l->failure);
	free(l);
}

/* Record and events */

void sup_save(struct sup *s)
{
	AUTO_FREE char *path = file_join(s->req.dir, "run.json");
	json_t *o = vm_run_json(&s->run);
	AUTO_FREE char *text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	char *line = xasprintf("%s\n", text ? text : "{}");

	async_writer_put(s->writer, path, line);
	json_decref(o);
}

struct state_event {
	struct sup *sup;
	json_t *event;
};

static void life_send_written(void *arg)
{
	struct state_event *t = arg;

	control_event(t->sup->control, CONTROL_STATES, t->event);
	free(t);
}

/* Sends the state to clients once it is in the record, so that what they read agrees with it. */
static void life_send_state(struct sup *s, const char *event)
{
	struct state_event *t = xcalloc(1, sizeof(*t));

	t->sup = s;
	t->event = json_pack("{s:s, s:s, s:s, s:s}", "event", event, "state", vm_state_name(s->run.state), "cause",
			     s->run.cause, "cause_id", vm_cause_name(s->run.cause_id));
	async_writer_then(s->writer, life_send_written, t);
}

static json_t *life_progress_event(const char *state, json_t *values)
{
	return json_pack("{s:s, s:s, s:o}", "event", "progress", "state", state, "values", values);
}

void sup_send_progress(struct sup *s, const char *state, json_t *values)
{
	control_event(s->control, CONTROL_PROGRESS, life_progress_event(state, values));
}

void sup_send_progress_to(struct sup *s, uint64_t client, const char *state, json_t *values)
{
	control_send_json(s->control, client, life_progress_event(state, values));
}

void sup_send_bytes(struct sup *s, const char *state, uint64_t done, uint64_t total)
{
	AUTO_FREE char *a = xasprintf("%llu", (unsigned long long)done);
	AUTO_FREE char *b = xasprintf("%llu", (unsigned long long)total);

	sup_send_progress(s, state, json_pack("{s:s, s:s}", "done", a, "total", b));
}

void sup_set_cause(struct sup *s, enum vm_cause id, const char *text)
{
	vm_run_set_cause(&s->run, id, text);
	sup_save(s);
}

void sup_pause_set_cause(struct sup *s, enum vm_cause id, const char *text)
{
	s->life->pause_cause = id;
	sup_set_cause(s, id, text);
}

void sup_pause_begin(struct sup *s, enum vm_cause id, const char *text)
{
	if (s->run.state == VM_PAUSED)
		return;
	if (s->req.configuring) { /* no client could resume it */
		sup_fail(s, id,
			 id != VM_CAUSE_DISK_FULL ? text
						  : "the host's disk is full: free disk space, and run it again");
		return;
	}
	s->life->paused = true;
	sup_pause_set_cause(s, id, text);
	sup_event(s, VM_EV_PAUSED);
	sup_send_progress(s, "paused", json_pack("{s:s}", "text", text));
}

void sup_pause_end(struct sup *s)
{
	bool was = s->life->paused;

	s->life->paused = false;
	if (was && s->run.cause_id == s->life->pause_cause)
		sup_set_cause(s, VM_CAUSE_NONE, "");
	sup_event(s, s->run.login || s->run.ready ? VM_EV_RUNS : VM_EV_UP);
	if (was)
		sup_send_progress(s, "resumed", json_object());
	sup_clock_send(s);
}

void sup_pause_again(struct sup *s)
{
	s->life->paused = true;
	sup_event(s, VM_EV_PAUSED);
}

bool sup_is_paused(const struct sup *s)
{
	return s->life->paused;
}

enum vm_cause sup_pause_cause(const struct sup *s)
{
	return s->life->pause_cause;
}

void sup_set_failure(struct sup *s, enum vm_cause id, const char *text)
{
	if (s->end.fatal_id)
		return;
	s->end.fatal_id = id;
	s->life->failure = xstrdup(text);
	s->end.fatal = s->life->failure;
	log_msg("vm", "%s: %s", vm_cause_name(id), text);
}

void sup_clear_failure(struct sup *s, enum vm_cause id)
{
	if (s->end.fatal_id != id)
		return;
	s->end.fatal_id = VM_CAUSE_NONE;
	s->end.fatal = "";
	free(s->life->failure);
	s->life->failure = NULL;
}

void sup_fail(struct sup *s, enum vm_cause id, const char *text)
{
	sup_set_failure(s, id, text);
	sup_event(s, VM_EV_FATAL);
}

/* State table */

static void life_stop_timer(struct loop_timer **t)
{
	loop_timer_stop(*t);
	*t = NULL;
}

static void life_finish(struct sup *s);

static void life_act(struct sup *s, enum vm_action action)
{
	switch (action) {
	case VM_DO_POWERDOWN:
		sup_stop_enter(s, VM_RUNG_POWERDOWN);
		break;
	case VM_DO_QUIT:
		sup_stop_enter(s, VM_RUNG_QUIT);
		break;
	case VM_DO_KILL:
		sup_stop_enter(s, VM_RUNG_KILL);
		break;
	case VM_DO_NEXT_RUNG:
		sup_stop_next(s);
		break;
	case VM_DO_AWAIT_EXIT:
		sup_stop_await_exit(s);
		break;
	case VM_DO_TELL_TIMEOUT:
		sup_send_progress(s, "timeout", json_object());
		break;
	case VM_DO_FINISH:
		life_finish(s);
		break;
	case VM_DO_SUSPEND:
		sup_suspend_begin(s);
		break;
	case VM_DO_NOTHING:
		break;
	}
}

/* Does what belongs to a change of state itself. */
static void life_enter_state(struct sup *s, enum vm_state from, enum vm_state to)
{
	if (from == VM_STARTING) {
		life_stop_timer(&s->start_timer);
		s->end.up = to == VM_BOOTING || to == VM_RUNNING || to == VM_PAUSED;
	}
	if (to == VM_PAUSED)
		sup_guest_stop_login_timer(s);
	if (to == VM_BOOTING) {
		s->run.login = s->run.ready = false;
		sup_guest_await_login(s);
	}
}

void sup_event(struct sup *s, enum vm_event ev)
{
	enum vm_state from = s->run.state;
	struct vm_rule rule = vm_rule_get(from, ev);

	if (s->abandoned) /* QEMU is left as it was found */
		return;
	if (rule.next != from) {
		log_msg("vm", "%s -> %s", vm_state_name(from), vm_state_name(rule.next));
		s->run.state = rule.next;
		life_enter_state(s, from, rule.next);
		if (rule.action != VM_DO_FINISH) {
			sup_save(s);
			life_send_state(s, "state");
		}
	}
	life_act(s, rule.action);
	if ((from == VM_SUSPENDING || from == VM_STARTING) && s->end.asked &&
	    (rule.next == VM_BOOTING || rule.next == VM_RUNNING || rule.next == VM_PAUSED))
		sup_event(s, VM_EV_STOP); /* a stop was requested in between, and the machine runs */
}

/* End */

static void life_on_finished(void *arg)
{
	loop_stop(((struct sup *)arg)->loop);
}

/* The record is written and the machine is free for the next run: now reports the exit. */
static void life_on_saved(void *arg)
{
	struct sup *s = arg;

	control_stop_listening(s->control);
	lock_release(s->lock);
	s->lock = NULL;
	life_send_state(s, "ended");
	control_finish(s->control, life_on_finished, s);
}

static void life_finish(struct sup *s)
{
	life_stop_timer(&s->life->drain_timer);
	life_stop_timer(&s->start_timer);
	sup_stop_cancel(s);
	sup_guest_close(s);
	sup_monitor_close(s);
	host_lines_remove(s->req.runtime_dir, NULL);
	s->run.ended = (int64_t)time(NULL);
	sup_save(s);
	async_writer_flush(s->writer, life_on_saved, s);
}

/* Returns the first lines of what QEMU complained of, without mere warnings; owned. */
static char *life_main_complaint(const char *text)
{
	struct buf b;
	int lines = 0;
	char *words;

	buf_init(&b, 0);
	while (*text && lines < CAUSE_LINES) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);

		if (n && !strstr(line, "warning: ") && !strstr(line, "terminating on signal")) {
			buf_addf(&b, "%s\n", line);
			lines++;
		}
		free(line);
		text += n + (text[n] == '\n');
	}
	words = vm_sanitize(b.data, b.len, CAUSE_MAX);
	buf_fini(&b);
	return words;
}

void sup_conclude(struct sup *s)
{
	const char *raw = sup_process_complaint(s);
	AUTO_FREE char *complaint = life_main_complaint(raw), *disk = file_join(s->req.dir, "disk.qcow2");
	AUTO_FREE char *holder = NULL, *cause = NULL;
	enum vm_state verdict;
	enum vm_cause id;

	s->exited = true;
	if (sup_suspend_is_writing(s) || sup_snapshot_is_writing(s))
		return; /* files of its state or of a snapshot are being written, and this is called again */
	sup_suspend_end(s);
	sup_snapshot_end(s);
	holder = strstr(complaint, " lock") ? proc_using_file(disk) : NULL;
	s->end.holder = holder ? holder : "";
	s->end.complaint = complaint;
	s->end.shutdown = sup_monitor_shutdown(s);
	s->end.accel = s->req.accel;
	verdict = vm_end_verdict(&s->end, &id, &cause);
	vm_run_set_cause(&s->run, id, cause);
	free(s->run.complaint);
	s->run.complaint = vm_sanitize(raw, strlen(raw), SUP_COMPLAINT_MAX);
	if (verdict == VM_OFF)
		sup_orders_complete(s);
	sup_event(s, verdict == VM_OFF	       ? VM_EV_EXIT_OK
		     : verdict == VM_SUSPENDED ? VM_EV_EXIT_SUSPENDED
					       : VM_EV_EXIT_BAD);
}

static void life_on_drain_timer(void *arg)
{
	sup_conclude(arg);
}

void sup_link_down(struct sup *s)
{
	if (s->exited && s->life->drain_timer && !sup_monitor_is_connected(s) && !sup_guest_has_line(s))
		sup_conclude(s);
}

void sup_exited(struct sup *s, int64_t status, int signum)
{
	s->exited = true;
	s->end.status = status;
	s->end.signal = signum;
	sup_stop_cancel(s);
	s->life->drain_timer = loop_timer_start(s->loop, DRAIN_MS, 0, life_on_drain_timer, s);
	sup_link_down(s);
}
