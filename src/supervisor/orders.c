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

static void orders_refuse_state(struct sup *s, struct control_ticket t)
{
	sup_refuse(s, t, ERR_FAILED, "not-running", "%s is %s", s->req.name, vm_state_name(s->run.state));
}

static void orders_lost(struct sup_order *o)
{
	sup_refuse(o->sup, o->ticket, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
	orders_free(o);
}

/* Sends a command for a request and takes `arguments` (or NULL); without a monitor the request is refused. */
static void orders_send_order(struct sup_order *o, const char *command, json_t *arguments, qmp_reply_fn fn)
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
	struct sup *s = o->sup;

	(void)value;
	o->sent = false;
	if (error) {
		orders_refused(o, error);
		return;
	}
	sup_guest_reset_by_request(s);
	orders_done(o);
}

static void orders_on_reset(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state != VM_BOOTING && s->run.state != VM_RUNNING && s->run.state != VM_PAUSED)
		orders_refuse_state(s, t);
	else
		orders_send_order(orders_new(s, t), "system_reset", NULL, orders_reset_done);
}

/* Pause and resume */

static void orders_pause_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;

	(void)value;
	o->sent = false;
	if (error) {
		orders_refused(o, error);
		return;
	}
	sup_pause_begin(o->sup, VM_CAUSE_PAUSED, "paused by request");
	orders_done(o);
}

static void orders_on_pause(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state == VM_PAUSED)
		control_answer(s->control, t, NULL, NULL);
	else if (s->run.state != VM_BOOTING && s->run.state != VM_RUNNING)
		orders_refuse_state(s, t);
	else
		orders_send_order(orders_new(s, t), "stop", NULL, orders_pause_done);
}

/* Answers a resume: with the recorded cause if the disk paused the guest again. */
static void orders_on_again(void *arg)
{
	struct sup_order *o = arg;
	struct sup *s = o->sup;
	struct err e = ERR_INIT;

	loop_timer_stop(o->timer);
	o->timer = NULL;
	if (s->run.state == VM_PAUSED) {
		err_set(&e, ERR_FAILED, vm_cause_name(s->run.cause_id), "%s is paused again: %s", s->req.name,
			s->run.cause);
		orders_end(o, &e);
		err_fini(&e);
	} else {
		orders_done(o);
	}
}

static void orders_resume_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;
	struct sup *s = o->sup;
	bool asked = sup_pause_cause(s) == VM_CAUSE_PAUSED;

	(void)value;
	o->sent = false;
	if (error) {
		orders_refused(o, error);
		return;
	}
	sup_pause_end(s);
	if (asked)
		orders_done(o);
	else
		o->timer = loop_timer_start(s->loop, AGAIN_MS, 0, orders_on_again, o);
}

static void orders_on_resume(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state == VM_BOOTING || s->run.state == VM_RUNNING)
		control_answer(s->control, t, NULL, NULL);
	else if (s->run.state != VM_PAUSED)
		orders_refuse_state(s, t);
	else if (!sup_snapshot_refuse_partial(s, t))
		orders_send_order(orders_new(s, t), "cont", NULL, orders_resume_done);
}

/* Forwarded ports */

/* Updates the request, so that the forward outlasts a takeover and a suspension. */
static void orders_keep_forward(struct sup *s, const char *rule, bool on)
{
	vm_forward_put(&s->req.argv, rule, on);
	sup_request_update(s);
}

/* QEMU answers with a text: empty for an added rule, "... removed" or "... not found" for a removal. */
static void orders_forward_done(const json_t *value, const char *error, void *arg)
{
	struct sup_order *o = arg;
	const char *said = error ? error : json_string_value(value);
	AUTO_FREE char *words = vm_sanitize(said ? said : "", said ? strlen(said) : 0, 200);
	bool done = !error && (o->on ? !*words : strstr(words, " removed") || strstr(words, " not found"));

	o->sent = false;
	if (done) {
		orders_keep_forward(o->sup, o->rule, o->on);
		orders_done(o);
	} else {
		orders_refused(o, *words ? words : "it gave no reason");
	}
}

static void orders_on_forward(struct sup *s, const json_t *request, struct control_ticket t)
{
	const char *rule = json_str(request, "rule", "");
	bool on = json_bool(request, "on", true);
	struct strv rules = STRV_INIT;
	bool network = vm_forward_rules(&s->req.argv, &rules);
	bool there = strv_has(&rules, rule);
	struct sup_order *o;
	char *line;

	strv_fini(&rules);
	if (s->run.state != VM_BOOTING && s->run.state != VM_RUNNING && s->run.state != VM_PAUSED) {
		orders_refuse_state(s, t);
	} else if (!vm_forward_ok(rule) || !network) {
		sup_refuse(s, t, ERR_USAGE, "forward-bad", "%s cannot forward \"%s\"", s->req.name, rule);
	} else if (there == on) {
		control_answer(s->control, t, NULL, NULL);
	} else {
		o = orders_new(s, t);
		o->rule = xstrdup(rule);
		o->on = on;
		line = on ? xasprintf("hostfwd_add net %s", rule)
			  : xasprintf("hostfwd_remove net %.*s", (int)(strrchr(rule, '-') - rule), rule);
		orders_send_order(o, "human-monitor-command", json_pack("{s:s}", "command-line", line),
				  orders_forward_done);
		free(line);
	}
}

static void orders_on_suspend(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (s->run.state != VM_BOOTING && s->run.state != VM_RUNNING && s->run.state != VM_PAUSED)
		orders_refuse_state(s, t);
	else if (!sup_snapshot_refuse_partial(s, t))
		sup_suspend_request(s, t);
}

static void orders_on_suspend_cancel(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	sup_suspend_cancel(s);
	control_answer(s->control, t, NULL, NULL);
}

static const char *orders_tag_of(const json_t *request)
{
	return json_str(request, "tag", "");
}

static bool orders_may_snapshot(struct sup *s, struct control_ticket t)
{
	if (s->run.state == VM_BOOTING || s->run.state == VM_RUNNING || s->run.state == VM_PAUSED)
		return true;
	orders_refuse_state(s, t);
	return false;
}

static void orders_on_snapshot_list(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (orders_may_snapshot(s, t))
		sup_snapshot_request(s, SUP_SNAPSHOT_LIST, "", t);
}

static void orders_on_snapshot_create(struct sup *s, const json_t *request, struct control_ticket t)
{
	if (orders_may_snapshot(s, t) && !sup_snapshot_refuse_partial(s, t))
		sup_snapshot_request(s, SUP_SNAPSHOT_CREATE, orders_tag_of(request), t);
}

static void orders_on_snapshot_revert(struct sup *s, const json_t *request, struct control_ticket t)
{
	if (orders_may_snapshot(s, t))
		sup_snapshot_request(s, SUP_SNAPSHOT_REVERT, orders_tag_of(request), t);
}

static void orders_on_snapshot_delete(struct sup *s, const json_t *request, struct control_ticket t)
{
	if (orders_may_snapshot(s, t))
		sup_snapshot_request(s, SUP_SNAPSHOT_DELETE, orders_tag_of(request), t);
}

const char *sup_busy(const struct sup *s)
{
	const char *busy = sup_suspend_busy(s);

	return busy ? busy : sup_snapshot_busy(s);
}

static const struct {
	const char *op;
	void (*fn)(struct sup *s, const json_t *request, struct control_ticket t);
	bool alone; /* not while a suspension or a snapshot is under way */
} orders[] = {
	{"forward", orders_on_forward, true},
	{"kill", orders_on_kill, false},
	{"pause", orders_on_pause, true},
	{"reset", orders_on_reset, true},
	{"resume", orders_on_resume, true},
	{"stop", orders_on_stop, false},
	{"suspend", orders_on_suspend, true},
	{"suspend-cancel", orders_on_suspend_cancel, false},
	{"snapshot-create", orders_on_snapshot_create, true},
	{"snapshot-delete", orders_on_snapshot_delete, true},
	{"snapshot-list", orders_on_snapshot_list, true},
	{"snapshot-revert", orders_on_snapshot_revert, true},
};

bool sup_order(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	struct sup *s = arg;
	const char *busy = sup_busy(s);

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].op, op) != 0)
			continue;
		if (orders[i].alone && busy)
			sup_refuse(s, t, ERR_BUSY, "busy", "%s is busy: %s%s", s->req.name, busy,
				   sup_deadline_passed(s) ? "; QEMU does not answer" : "");
		else
			orders[i].fn(s, request, t);
		return true;
	}
	return false;
}
