/* SPDX-License-Identifier: MIT */
/*
 * deadline: the one deadline of everything that is asked of QEMU. A command that QEMU leaves without an
 * answer, or a snapshot that makes no progress, for that long means that QEMU is silent (stopped by a signal,
 * or stuck in a call of the host's disk). The clients that wait are answered then; what was asked stays
 * under way, and is completed if QEMU answers after all.
 */
#include "machine/deadline.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/size.h"
#include "sup.h"

#define DEADLINE_MS 30000 /* a flush of a slow disk may take that long */

/* A snapshot's job runs: the monitor is mute meanwhile, and no command waits. */
static bool deadline_job_runs(const struct sup *s)
{
	return s->snap.op && !s->snap.working;
}

static void deadline_err(const struct sup *s, struct err *e)
{
	char left[SIZE_TEXT];

	err_set(e, ERR_TIMEOUT, vm_cause_name(VM_CAUSE_QEMU_SILENT), "QEMU (pid %lld) of %s did not answer within %s",
		(long long)s->run.qemu_pid, s->req.name, duration_human(vm_deadline(DEADLINE_MS), left));
	err_hint(e,
		 "if it was stopped, `kill -CONT %lld` lets it continue, and the request then takes effect; "
		 "`debwiz kill %s` ends it",
		 (long long)s->run.qemu_pid, s->req.name);
}

static void deadline_passed(struct sup *s)
{
	struct err e = ERR_INIT;

	log_msg("vm", "QEMU does not answer");
	s->silent = true;
	deadline_err(s, &e);
	if (s->run.cause_id == VM_CAUSE_NONE)
		sup_note(s, VM_CAUSE_QEMU_SILENT, "QEMU does not answer");
	sup_orders_silent(s, &e);
	sup_snap_silent(s, &e);
	sup_suspend_silent(s, &e);
	err_fini(&e);
	if (s->end.asked && s->run.state == VM_SUSPENDING)
		sup_event(s, VM_EV_FATAL); /* a stop waits for the suspension, which does not end */
}

static void deadline_on_deadline(void *arg)
{
	struct sup *s = arg;
	uint64_t progress = deadline_job_runs(s) ? sup_amount_progress(s) : 0;

	sup_deadline_stop(s);
	if (s->run.state == VM_STARTING || s->exited || s->abandoned)
		return; /* a start has its own deadline */
	if (progress != s->deadline_progress)
		sup_deadline_watch(s);
	else
		deadline_passed(s);
}

void sup_deadline_watch(struct sup *s)
{
	int64_t oldest = s->qmp ? qmp_oldest(s->qmp) : 0;

	if (s->deadline_timer && oldest == s->deadline_id && oldest)
		return;
	sup_deadline_stop(s);
	s->deadline_id = oldest;
	s->deadline_progress = deadline_job_runs(s) ? sup_amount_progress(s) : 0;
	if (oldest || deadline_job_runs(s))
		s->deadline_timer = loop_timer_start(s->loop, vm_deadline(DEADLINE_MS), 0, deadline_on_deadline, s);
}

void sup_deadline_heard(struct sup *s)
{
	if (s->silent && s->run.cause_id == VM_CAUSE_QEMU_SILENT)
		sup_note(s, VM_CAUSE_NONE, "");
	s->silent = false;
	sup_deadline_watch(s);
}

void sup_deadline_stop(struct sup *s)
{
	loop_timer_stop(s->deadline_timer);
	s->deadline_timer = NULL;
}
