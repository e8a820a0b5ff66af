/* SPDX-License-Identifier: MIT */
/*
 * orders: the requests of clients about the machine (include/machine/client.h). A request whose outcome is not known
 * immediately waits in a list; its answer is dropped if the client has gone.
 */
#include "orders.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "base/mem.h"
#include "deadline.h"
#include "guest.h"
#include "life.h"
#include "machine/sanitize.h"
#include "monitor.h"
#include "qemu/hostfwd.h"
#include "request.h"
#include "snapshot.h"
#include "stop.h"
#include "sup.h"
#include "suspend.h"

/* time that a disk which paused the guest may take to pause it again */
#define AGAIN_MS 400

struct sup_order {
	struct sup *sup;
	struct sup_order *next;
	struct control_ticket ticket;
	struct loop_timer *timer; /* the guest was resumed: does it keep running? */
	bool sent;		  /* QEMU has not answered yet */
	char *rule;		  /* a forward that is to be added (`on`) or removed */
	bool on;
	json_t *record; /* of a status or a subscription: the run record as it was then, not yet written */
	bool subscribes;
};

static struct sup_order *orders_new(struct sup *s, struct control_ticket t)
{
	struct sup_order *o = xcalloc(1, sizeof(*o));

	o->sup = s;
	o->ticket = t;
	o->next = s->orders;
	s->orders = o;
	return o;
}

static void orders_free(struct sup_order *o)
{
	struct sup_order **at = &o->sup->orders;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	loop_timer_stop(o->timer);
	json_decref(o->record);
	free(o->rule);
	free(o);
}

static void orders_end(struct sup_order *o, const struct err *e)
{
	control_answer(o->sup->control, o->ticket, e, NULL);
	orders_free(o);
}

static void orders_on_recorded(void *arg)
{
	orders_end(arg, NULL);
}

/* Answers with success once the record is written. */
static void orders_done(struct sup_order *o)
{
	async_writer_then(o->sup->writer, orders_on_recorded, o);
}

void sup_orders_fini(struct sup *s)
{
	while (s->orders)
		orders_free(s->orders);
}

void sup_refuse(struct sup *s, struct control_ticket t, enum err_kind kind, const char *id, const char *fmt, ...)
{
	AUTO_ERR struct err e = ERR_INIT;
	va_list args;
	AUTO_FREE char *text = NULL;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	err_set(&e, kind, id, "%s", text);
	control_answer(s->control, t, &e, NULL);
}

static void orders_lost(struct sup_order *o)
{
	sup_refuse(o->sup, o->ticket, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
	orders_free(o);
}

/* Sends a command for a request and takes `arguments` (or NULL); without a monitor the request is refused. */
static void orders_send(struct sup_order *o, const char *command, json_t *arguments, qmp_reply_fn fn)
{
	o->sent = sup_monitor_ask(o->sup, command, arguments, fn, o);
	if (!o->sent)
		orders_lost(o);
}

void sup_orders_lost(struct sup *s)
{
	struct sup_order *o = s->orders, *next;

	for (; o; o = next) {
		next = o->next;
		if (o->sent)
			orders_lost(o);
	}
}

/* A ticket without a client: its answer is dropped. */
#define ANSWERED ((struct control_ticket){.client = 0})

void sup_orders_silent(struct sup *s, const struct err *e)
{
	for (struct sup_order *o = s->orders; o; o = o->next) {
		if (!o->sent)
			continue;
		control_answer(s->control, o->ticket, e, NULL);
		o->ticket = ANSWERED;
	}
}

void sup_orders_complete(struct sup *s)
{
	struct sup_order *o = s->orders, *next;

	for (; o; o = next) {
		next = o->next;
		if (o->timer)
			orders_end(o, NULL);
	}
}

static void orders_refused(struct sup_order *o, const char *error)
{
	sup_refuse(o->sup, o->ticket, ERR_FAILED, "qemu-refused", "QEMU refuses: %s", error);
	orders_free(o);
}

/* Takes QEMU's answer to a request; false if it was an error, which refuses and frees the request. */
static bool orders_accepted(struct sup_order *o, const char *error)
{
	o->sent = false;
	if (error)
		orders_refused(o, error);
	return !error;
}

/* Status and subscription */

static void orders_send_record(void *arg)
{
	struct sup_order *o = arg;

	control_answer(o->sup->control, o->ticket, NULL, json_pack("{s:O}", "run", o->record));
	if (o->subscribes)
		control_subscribe(o->sup->control, o->ticket.client, CONTROL_STATES);
	orders_free(o);
}

/* Answers with the record of now once it is written: what the client reads agrees with it, and the states that are
 * sent after the answer are the changes since. */
static void orders_answer_record(struct sup *s, struct control_ticket t, bool subscribes)
{
	struct sup_order *o = orders_new(s, t);

	o->record = vm_run_json(&s->run);
	o->subscribes = subscribes;
	async_writer_then(s->writer, orders_send_record, o);
}

static void orders_on_status(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	orders_answer_record(s, t, false);
}

/* Progress and console are not recorded, and begin immediately. */
static void orders_on_subscribe(struct sup *s, const json_t *request, struct control_ticket t)
{
	bool console = json_bool(request, "console", false);

	control_subscribe(s->control, t.client, CONTROL_PROGRESS | (console ? CONTROL_CONSOLE : 0));
	/* a rung of the stop ladder is sent once, and to a client that subscribes later */
	if (s->run.state == VM_STOPPING && s->end.rung)
		sup_send_progress_to(s, t.client, "stopping", sup_stop_values(s));
	orders_answer_record(s, t, true);
}

/* Stop and kill */

static uint64_t orders_milliseconds(const json_t *request, const char *key)
{
	json_int_t ms = json_int(request, key, 0);

	return ms > 0 && ms < 24 * 3600 * 1000 ? (uint64_t)ms : 0;
}

static void orders_on_stop(struct sup *s, const json_t *request, struct control_ticket t)
{
	control_answer(s->control, t, NULL, NULL);
	sup_stop_request(s, orders_milliseconds(request, "powerdown_ms"), orders_milliseconds(request, "quit_ms"));
}

static void orders_on_kill(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	control_answer(s->control, t, NULL, NULL);
	s->end.asked = true;
	sup_event(s, VM_EV_KILL);
}

/* Reset */

static void orders_reset_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;

	(void)value;
	if (!orders_accepted(o, error))
		return;
	sup_guest_reset_by_request(o->sup);
	orders_done(o);
}

static void orders_on_reset(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	orders_send(orders_new(s, t), "system_reset", NULL, orders_reset_done);
}

/* Pause and resume */

static void orders_pause_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;

	(void)value;
	if (!orders_accepted(o, error))
		return;
	sup_pause_begin(o->sup, VM_CAUSE_PAUSED, "paused by request");
	orders_done(o);
}

static void orders_on_pause(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state == VM_PAUSED)
		control_answer(s->control, t, NULL, NULL);
	else
		orders_send(orders_new(s, t), "stop", NULL, orders_pause_done);
}

/* Answers a resume: with the recorded cause if the disk paused the guest again. */
static void orders_on_again(void *arg)
{
	struct sup_order *o = arg;
	struct sup *s = o->sup;
	AUTO_ERR struct err e = ERR_INIT;

	loop_timer_stop(o->timer);
	o->timer = NULL;
	if (s->run.state != VM_PAUSED) {
		orders_done(o);
		return;
	}
	err_set(&e, ERR_FAILED, vm_cause_name(s->run.cause_id), "%s is paused again: %s", s->req.name, s->run.cause);
	orders_end(o, &e);
}

static void orders_resume_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;
	struct sup *s = o->sup;
	bool by_request = sup_pause_cause(s) == VM_CAUSE_PAUSED;

	(void)value;
	if (!orders_accepted(o, error))
		return;
	sup_pause_end(s);
	if (by_request)
		orders_done(o);
	else
		o->timer = loop_timer_start(s->loop, AGAIN_MS, 0, orders_on_again, o);
}

static void orders_on_resume(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state != VM_PAUSED)
		control_answer(s->control, t, NULL, NULL);
	else
		orders_send(orders_new(s, t), "cont", NULL, orders_resume_done);
}

/* Forwarded ports */

/* QEMU answers with a text: empty for an added rule, "... removed" or "... not found" for a removal. */
static void orders_forward_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;
	const char *said = error ? error : json_string_value(value);
	AUTO_FREE char *words = vm_sanitize(said ? said : "", said ? strlen(said) : 0, 200);
	bool done = !error && (o->on ? !*words : strstr(words, " removed") || strstr(words, " not found"));

	o->sent = false;
	if (!done) {
		orders_refused(o, *words ? words : "it gave no reason");
		return;
	}
	/* so that the forward outlasts a takeover and a suspension */
	vm_forward_put(&o->sup->req.argv, o->rule, o->on);
	sup_request_update(o->sup);
	orders_done(o);
}

static void orders_on_forward(struct sup *s, const json_t *request, struct control_ticket t)
{
	const char *rule = json_str(request, "rule", "");
	bool on = json_bool(request, "on", true);
	AUTO_STRV struct strv rules = STRV_INIT;
	bool network = vm_forward_rules(&s->req.argv, &rules);
	AUTO_FREE char *line = NULL;
	struct sup_order *o;

	if (!vm_forward_ok(rule) || !network) {
		sup_refuse(s, t, ERR_USAGE, "forward-bad", "%s cannot forward \"%s\"", s->req.name, rule);
		return;
	}
	if (strv_has(&rules, rule) == on) {
		control_answer(s->control, t, NULL, NULL);
		return;
	}
	o = orders_new(s, t);
	o->rule = xstrdup(rule);
	o->on = on;
	line = on ? xasprintf("hostfwd_add net %s", rule)
		  : xasprintf("hostfwd_remove net %.*s", (int)(strrchr(rule, '-') - rule), rule);
	orders_send(o, "human-monitor-command", json_pack("{s:s}", "command-line", line), orders_forward_done);
}

/* Suspend and snapshots */

static void orders_on_suspend(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	sup_suspend_request(s, t);
}

static void orders_on_suspend_cancel(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	sup_suspend_cancel(s);
	control_answer(s->control, t, NULL, NULL);
}

static void orders_on_snapshot_list(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	sup_snapshot_request(s, SUP_SNAPSHOT_LIST, "", t);
}

static void orders_on_snapshot_create(struct sup *s, const json_t *request, struct control_ticket t)
{
	sup_snapshot_request(s, SUP_SNAPSHOT_CREATE, json_str(request, "tag", ""), t);
}

static void orders_on_snapshot_revert(struct sup *s, const json_t *request, struct control_ticket t)
{
	sup_snapshot_request(s, SUP_SNAPSHOT_REVERT, json_str(request, "tag", ""), t);
}

static void orders_on_snapshot_delete(struct sup *s, const json_t *request, struct control_ticket t)
{
	sup_snapshot_request(s, SUP_SNAPSHOT_DELETE, json_str(request, "tag", ""), t);
}

/* The table of requests */

const char *sup_busy(const struct sup *s)
{
	const char *busy = sup_suspend_busy(s);

	return busy ? busy : sup_snapshot_busy(s);
}

/* When a request is refused. */
enum {
	ORDER_IDLE = 1,	 /* while a suspension or a snapshot is under way */
	ORDER_RUNS = 2,	 /* unless the guest runs or is paused */
	ORDER_WHOLE = 4, /* after a snapshot was loaded in part */
};

static const struct {
	const char *op;
	void (*fn)(struct sup *s, const json_t *request, struct control_ticket t);
	unsigned conditions;
} orders[] = {
	{"forward", orders_on_forward, ORDER_IDLE | ORDER_RUNS},
	{"kill", orders_on_kill, 0},
	{"pause", orders_on_pause, ORDER_IDLE | ORDER_RUNS},
	{"reset", orders_on_reset, ORDER_IDLE | ORDER_RUNS},
	{"resume", orders_on_resume, ORDER_IDLE | ORDER_RUNS | ORDER_WHOLE},
	{"status", orders_on_status, 0},
	{"stop", orders_on_stop, 0},
	{"subscribe", orders_on_subscribe, 0},
	{"suspend", orders_on_suspend, ORDER_IDLE | ORDER_RUNS | ORDER_WHOLE},
	{"suspend-cancel", orders_on_suspend_cancel, 0},
	{"snapshot-create", orders_on_snapshot_create, ORDER_IDLE | ORDER_RUNS | ORDER_WHOLE},
	{"snapshot-delete", orders_on_snapshot_delete, ORDER_IDLE | ORDER_RUNS},
	{"snapshot-list", orders_on_snapshot_list, ORDER_IDLE | ORDER_RUNS},
	{"snapshot-revert", orders_on_snapshot_revert, ORDER_IDLE | ORDER_RUNS},
};

/* Refuses a request unless its conditions hold. */
static bool orders_refuse(struct sup *s, unsigned conditions, struct control_ticket t)
{
	const char *busy = sup_busy(s);

	if (conditions & ORDER_IDLE && busy) {
		sup_refuse(s, t, ERR_BUSY, "busy", "%s is busy: %s%s", s->req.name, busy,
			   sup_deadline_passed(s) ? "; QEMU does not answer" : "");
		return true;
	}
	if (conditions & ORDER_RUNS && s->run.state != VM_BOOTING && s->run.state != VM_RUNNING &&
	    s->run.state != VM_PAUSED) {
		sup_refuse(s, t, ERR_FAILED, "not-running", "%s is %s", s->req.name, vm_state_name(s->run.state));
		return true;
	}
	return conditions & ORDER_WHOLE && sup_snapshot_refuse_partial(s, t);
}

bool sup_order(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].op, op) != 0)
			continue;
		if (!orders_refuse(arg, orders[i].conditions, t))
			orders[i].fn(arg, request, t);
		return true;
	}
	return false;
}
