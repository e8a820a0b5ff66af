/* SPDX-License-Identifier: MIT */
/*
 * life: what the supervisor does with an event (the table of state.c applied), the run record and
 * what subscribers are told, and the end: what QEMU's exit meant, recorded before it is told.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/sanitize.h"
#include "sup.h"

#define DRAIN_MS 1000
#define CAUSE_MAX 500
#define CAUSE_LINES 3

/* Record and events */

void sup_save(struct sup *s)
{
	char *path = file_join(s->req.dir, "run.json");
	json_t *o = vm_run_json(&s->run);
	char *text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	char *line = xasprintf("%s\n", text ? text : "{}");

	async_writer_put(s->writer, path, line);
	free(text);
	json_decref(o);
	free(path);
}

struct told {
	struct sup *sup;
	json_t *event;
};

static void life_on_written(void *arg)
{
	struct told *t = arg;

	control_event(t->sup->control, t->event);
	free(t);
}

/* Clients hear of a state when the record has it, so that what they read agrees with it. */
static void life_tell_state(struct sup *s, const char *event)
{
	struct told *t = xcalloc(1, sizeof(*t));

	t->sup = s;
	t->event = json_pack("{s:s, s:s, s:s, s:s}", "event", event, "state", vm_state_name(s->run.state), "cause",
			     s->run.cause, "cause_id", vm_cause_name(s->run.cause_id));
	async_writer_then(s->writer, life_on_written, t);
}

static json_t *life_progress_event(const char *state, json_t *values)
{
	return json_pack("{s:s, s:s, s:o}", "event", "progress", "state", state, "values", values);
}

void sup_tell(struct sup *s, const char *state, json_t *values)
{
	control_event(s->control, life_progress_event(state, values));
}

void sup_tell_one(struct sup *s, uint64_t client, const char *state, json_t *values)
{
	control_send_json(s->control, client, life_progress_event(state, values));
}

void sup_note(struct sup *s, enum vm_cause id, const char *text)
{
	vm_run_set_cause(&s->run, id, text);
	sup_save(s);
}

void sup_stands_by(struct sup *s, enum vm_cause id, const char *text)
{
	s->paused_by = id;
	sup_note(s, id, text);
}

void sup_stands(struct sup *s, enum vm_cause id, const char *text)
{
	if (s->run.state == VM_PAUSED)
		return;
	if (s->req.configuring) { /* no one could resume it */
		sup_fatal(s, id,
			  id != VM_CAUSE_DISK_FULL ? text
						   : "the host's disk is full: free disk space, and run it again");
		return;
	}
	s->paused = true;
	sup_stands_by(s, id, text);
	sup_event(s, VM_EV_PAUSED);
	sup_tell(s, "paused", json_pack("{s:s}", "text", text));
}

void sup_goes_on(struct sup *s)
{
	bool was = s->paused;

	s->paused = false;
	if (was && s->run.cause_id == s->paused_by)
		sup_note(s, VM_CAUSE_NONE, "");
	sup_event(s, s->run.login || s->run.ready ? VM_EV_RUNS : VM_EV_UP);
	if (was)
		sup_tell(s, "resumed", json_object());
	sup_clock_tell(s);
}

void sup_blame(struct sup *s, enum vm_cause id, const char *text)
{
	if (s->end.fatal_id)
		return;
	s->end.fatal_id = id;
	s->fatal = xstrdup(text);
	s->end.fatal = s->fatal;
	log_msg("vm", "%s: %s", vm_cause_name(id), text);
}

void sup_forgive(struct sup *s, enum vm_cause id)
{
	if (s->end.fatal_id != id)
		return;
	s->end.fatal_id = VM_CAUSE_NONE;
	s->end.fatal = "";
	free(s->fatal);
	s->fatal = NULL;
}

void sup_fatal(struct sup *s, enum vm_cause id, const char *text)
{
	sup_blame(s, id, text);
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
		sup_ladder_enter(s, VM_RUNG_POWERDOWN);
		break;
	case VM_DO_QUIT:
		sup_ladder_enter(s, VM_RUNG_QUIT);
		break;
	case VM_DO_KILL:
		sup_ladder_enter(s, VM_RUNG_KILL);
		break;
	case VM_DO_NEXT_RUNG:
		sup_ladder_next(s);
		break;
	case VM_DO_AWAIT_EXIT:
		sup_ladder_await_exit(s);
		break;
	case VM_DO_TELL_TIMEOUT:
		sup_tell(s, "timeout", json_object());
		break;
	case VM_DO_FINISH:
		life_finish(s);
		break;
	case VM_DO_SUSPEND:
		sup_suspend(s);
		break;
	case VM_DO_NOTHING:
		break;
	}
}

/* What a change of state itself brings about. */
static void life_enter_state(struct sup *s, enum vm_state from, enum vm_state to)
{
	if (from == VM_STARTING) {
		life_stop_timer(&s->start_timer);
		s->end.up = to == VM_BOOTING || to == VM_RUNNING || to == VM_PAUSED;
	}
	if (to == VM_PAUSED)
		sup_guest_forget_login(s);
	if (to == VM_BOOTING) {
		s->run.login = s->run.ready = false;
		sup_guest_await_login(s);
	}
}

void sup_event(struct sup *s, enum vm_event ev)
{
	enum vm_state from = s->run.state;
	struct vm_rule rule = vm_rule_get(from, ev);

	if (s->abandoned) /* it is left as it was found */
		return;
	if (rule.next != from) {
		log_msg("vm", "%s -> %s", vm_state_name(from), vm_state_name(rule.next));
		s->run.state = rule.next;
		life_enter_state(s, from, rule.next);
		if (rule.action != VM_DO_FINISH) {
			sup_save(s);
			life_tell_state(s, "state");
		}
	}
	life_act(s, rule.action);
	if ((from == VM_SUSPENDING || from == VM_STARTING) && s->end.asked &&
	    (rule.next == VM_BOOTING || rule.next == VM_RUNNING || rule.next == VM_PAUSED))
		sup_event(s, VM_EV_STOP); /* asked for meanwhile, and it goes on */
}

/* End */

static void life_on_told(void *arg)
{
	loop_stop(((struct sup *)arg)->loop);
}

/* Recorded, and the machine is free for the next one, before anybody is told. */
static void life_on_saved(void *arg)
{
	struct sup *s = arg;

	control_deafen(s->control);
	lock_release(s->lock);
	s->lock = NULL;
	life_tell_state(s, "ended");
	control_finish(s->control, life_on_told, s);
}

static void life_finish(struct sup *s)
{
	life_stop_timer(&s->drain_timer);
	life_stop_timer(&s->start_timer);
	sup_ladder_stop(s);
	sup_guest_close(s);
	sup_monitor_close(s);
	sup_remove_sockets(s, NULL);
	s->run.ended = (int64_t)time(NULL);
	sup_save(s);
	async_writer_flush(s->writer, life_on_saved, s);
}

/* First lines of what QEMU complained of, without those that are only warnings. */
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

/* QEMU has ended and its sockets are empty: what was it? */
void sup_judge(struct sup *s)
{
	enum vm_cause id;
	char *cause = NULL;
	enum vm_state verdict;
	char *complaint, *disk, *holder;

	s->exited = true;
	if (s->move.working || s->snap.working)
		return; /* its state is being sealed, or a snapshot written down, and we come back */
	sup_move_fini(s);
	sup_snap_fini(s);
	complaint = life_main_complaint(s->complaint.data);
	disk = file_join(s->req.dir, "disk.qcow2");
	holder = strstr(complaint, " lock") ? proc_using_file(disk) : NULL;
	s->end.holder = holder ? holder : "";
	s->end.complaint = complaint;
	s->end.shutdown = s->shutdown ? s->shutdown : "";
	s->end.accel = s->req.accel;
	verdict = vm_end_verdict(&s->end, &id, &cause);
	free(holder);
	free(disk);
	vm_run_set_cause(&s->run, id, cause);
	free(cause);
	free(s->run.complaint);
	s->run.complaint = vm_sanitize(s->complaint.data, s->complaint.len, SUP_COMPLAINT_MAX);
	free(complaint);
	if (verdict == VM_OFF)
		sup_orders_met(s);
	sup_event(s, verdict == VM_OFF	       ? VM_EV_EXIT_OK
		     : verdict == VM_SUSPENDED ? VM_EV_EXIT_SUSPENDED
					       : VM_EV_EXIT_BAD);
}

static void life_on_drain_timer(void *arg)
{
	sup_judge(arg);
}

void sup_link_down(struct sup *s)
{
	if (s->exited && s->drain_timer && !vm_link_is_up(s->qmp_link) && !vm_link_is_up(s->serial) &&
	    !vm_link_is_up(s->progress))
		sup_judge(s);
}

/* Its last words may still lie in the sockets: they are read to their ends first. */
void sup_exited(struct sup *s, int64_t status, int signum)
{
	s->proc = NULL;
	s->exited = true;
	s->end.status = status;
	s->end.signal = signum;
	sup_ladder_stop(s);
	s->drain_timer = loop_timer_start(s->loop, DRAIN_MS, 0, life_on_drain_timer, s);
	sup_link_down(s);
}
