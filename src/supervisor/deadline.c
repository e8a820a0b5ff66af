/* SPDX-License-Identifier: MIT */
/*
 * deadline: the one time limit for everything that QEMU is asked. A command that QEMU leaves without an
 * answer, or a snapshot that makes no progress, for that long means that QEMU is silent (stopped by a signal,
 * or stuck in a call of the host's disk). The clients that wait are answered then; what was asked stays
 * under way, and is completed if QEMU answers after all.
 */
#include "deadline.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/size.h"
#include "life.h"
#include "machine/deadline.h"
#include "monitor.h"
#include "orders.h"
#include "snapshot.h"
#include "sup.h"
#include "suspend.h"

#define DEADLINE_MS 30000 /* a flush of a slow disk may take that long */

struct sup_deadline {
	struct loop_timer *timer;
	int64_t command;   /* the number of the command that it is for, 0: a snapshot */
	uint64_t activity; /* the snapshot's, when the timer was started */
	bool passed;	   /* and nothing was received since */
};

struct sup_deadline *sup_deadline_new(void)
{
	return xcalloc(1, sizeof(struct sup_deadline));
}

void sup_deadline_free(struct sup_deadline *d)
{
	loop_timer_stop(d->timer);
	free(d);
}

bool sup_deadline_passed(const struct sup *s)
{
	return s->deadline->passed;
}

static void deadline_error(const struct sup *s, struct err *e)
{
	char left[SIZE_TEXT];

	err_set(e, ERR_TIMEOUT, vm_cause_name(VM_CAUSE_QEMU_SILENT), "QEMU (pid %lld) of %s did not answer within %s",
		(long long)s->run.qemu_pid, s->req.name, duration_human(vm_deadline(DEADLINE_MS), left));
	err_hint(e,
		 "if it was stopped, `kill -CONT %lld` lets it continue, and the request then takes effect; "
		 "`debwiz kill %s` ends it",
		 (long long)s->run.qemu_pid, s->req.name);
}

static void deadline_report(struct sup *s)
{
	AUTO_ERR struct err e = ERR_INIT;

	log_msg("vm", "QEMU does not answer");
	s->deadline->passed = true;
	deadline_error(s, &e);
	if (s->run.cause_id == VM_CAUSE_NONE)
		sup_set_cause(s, VM_CAUSE_QEMU_SILENT, "QEMU does not answer");
	sup_orders_silent(s, &e);
	sup_snapshot_silent(s, &e);
	sup_suspend_silent(s, &e);
	if (s->end.asked && s->run.state == VM_SUSPENDING)
		sup_event(s, VM_EV_FATAL); /* a stop waits for the suspension, which does not end */
}

/* The monitor does not answer while a snapshot's job runs, and no command waits then. */
static uint64_t deadline_activity(const struct sup *s)
{
	return sup_snapshot_job_runs(s) ? sup_snapshot_activity(s) : 0;
}

static void deadline_on_timer(void *arg)
{
	struct sup *s = arg;
	uint64_t activity = deadline_activity(s);

	sup_deadline_stop(s);
	if (s->run.state == VM_STARTING || s->exited || s->abandoned)
		return; /* a start has its own deadline */
	if (activity != s->deadline->activity)
		sup_deadline_update(s);
	else
		deadline_report(s);
}

void sup_deadline_update(struct sup *s)
{
	struct sup_deadline *d = s->deadline;
	int64_t oldest = sup_monitor_oldest(s);

	if (d->timer && oldest == d->command && oldest)
		return;
	sup_deadline_stop(s);
	d->command = oldest;
	d->activity = deadline_activity(s);
	if (oldest || sup_snapshot_job_runs(s))
		d->timer = loop_timer_start(s->loop, vm_deadline(DEADLINE_MS), 0, deadline_on_timer, s);
}

void sup_deadline_heard(struct sup *s)
{
	if (s->deadline->passed && s->run.cause_id == VM_CAUSE_QEMU_SILENT)
		sup_set_cause(s, VM_CAUSE_NONE, "");
	s->deadline->passed = false;
	sup_deadline_update(s);
}

void sup_deadline_stop(struct sup *s)
{
	loop_timer_stop(s->deadline->timer);
	s->deadline->timer = NULL;
}
