/* SPDX-License-Identifier: MIT */
/*
 * adopt: takes over a QEMU whose supervisor was killed. QEMU is recognized by pid and start time, its sockets listen
 * for the next supervisor, and DIR/request.json has the request. Until QEMU's state is known nothing is done to it;
 * if that fails QEMU is left as it was found.
 */
#include "adopt.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "clock.h"
#include "guest.h"
#include "host/clock.h"
#include "host/file.h"
#include "life.h"
#include "machine/suspended.h"
#include "monitor.h"
#include "process.h"
#include "request.h"
#include "sup.h"
#include "suspend.h"

#define ADOPT_MS 10000 /* until the state of QEMU must be known */
#define DYING_MS 10000
#define DYING_STEP_MS 20

/* Returns whether the record is of a supervisor that was killed. */
static bool adopt_has_died(const struct sup *s)
{
	struct vm_run run;
	bool died = vm_run_read(s->req.dir, &run, NULL) == 0;

	if (died) {
		died = run.orphan || run.cause_id == VM_CAUSE_LOST;
		vm_run_fini(&run);
	}
	return died;
}

/* A killed supervisor holds the lock until its last thread, which may be writing, has ended. */
struct lock *sup_take_lock(const struct sup *s, struct err *e)
{
	AUTO_FREE char *path = file_join(s->req.dir, "lock");
	struct lock *lock = lock_take(path, s->req.what, e);

	for (int waited = 0; !lock && e->kind == ERR_BUSY && waited < DYING_MS && adopt_has_died(s);
	     waited += DYING_STEP_MS) {
		err_fini(e);
		host_wait(DYING_STEP_MS);
		lock = lock_take(path, s->req.what, e);
	}
	return lock;
}

static void adopt_take_text(char **to, char **from)
{
	free(*to);
	*to = *from;
	*from = NULL;
}

/* Copies what is still true of the record. */
static void adopt_continue_run(struct vm_run *run, struct vm_run *old)
{
	run->qemu_pid = old->qemu_pid;
	run->qemu_start = old->qemu_start;
	run->started = old->started;
	run->login = old->login;
	run->ready = old->ready;
	run->cause_id = old->cause_id;
	adopt_take_text(&run->cause, &old->cause);
	adopt_take_text(&run->kernel, &old->kernel);
	adopt_take_text(&run->ip, &old->ip);
	adopt_take_text(&run->ssh, &old->ssh);
	adopt_take_text(&run->accel, &old->accel);
	adopt_take_text(&run->runtime_dir, &old->runtime_dir);
	vm_run_take_settings(run, old);
}

int sup_adopt_prepare(struct sup *s, struct vm_run *old, struct err *e)
{
	char *path = sup_request_file(s->req.dir);
	struct vm_request was;
	int r = vm_request_read(&was, path, e);

	free(path);
	if (r < 0) {
		err_set(e, ERR_BUSY, "orphan",
			"%s still runs without its supervisor (QEMU is pid %lld), and its request.json, which a "
			"takeover requires, cannot be read",
			s->req.name, (long long)old->qemu_pid);
		return err_hint(e, "debwiz kill %s", s->req.name);
	}
	vm_request_fini(&s->req);
	s->req = was;
	adopt_continue_run(&s->run, old);
	s->state_before = old->state;
	s->end.adopted = true;
	return 0;
}

static void adopt_on_abandoned(void *arg)
{
	loop_stop(((struct sup *)arg)->loop);
}

/* Leaves QEMU alone and ends the supervisor, with the reason for the client that started it. */
static void adopt_abandon(struct sup *s, const char *text)
{
	struct err e = ERR_INIT;

	if (s->abandoned)
		return;
	s->abandoned = true;
	log_msg("vm", "given up: %s", text);
	err_set(&e, ERR_FAILED, "orphan", "%s runs (QEMU is pid %lld) but cannot be taken over: %s", s->req.name,
		(long long)s->run.qemu_pid, text);
	err_hint(&e, "it may only be busy: try again; debwiz kill %s ends it", s->req.name);
	sup_request_write_error(s->request_path, &e);
	err_fini(&e);
	s->exit_status = 1;
	sup_process_unwatch(s);
	loop_timer_stop(s->start_timer);
	s->start_timer = NULL;
	sup_guest_close(s);
	sup_monitor_close(s);
	async_writer_flush(s->writer, adopt_on_abandoned, s);
}

static void adopt_on_start_timeout(void *arg)
{
	adopt_abandon(arg, "its monitor does not answer");
}

static void adopt_on_refused(void *arg)
{
	adopt_abandon(arg, "its monitor does not report its state");
}

void sup_adopt(struct sup *s)
{
	log_msg("vm", "taking over QEMU, pid %lld", (long long)s->run.qemu_pid);
	sup_process_watch(s);
	sup_guest_open(s);
	sup_monitor_open(s);
	s->start_timer = loop_timer_start(s->loop, ADOPT_MS, 0, adopt_on_start_timeout, s);
}

/* The states that QEMU may be found in (qapi/run-state.json). */

static void adopt_found_prelaunch(struct sup *s)
{
	sup_monitor_resume(s);
}

/* QEMU was writing its state; if that is complete on disk QEMU has nothing left to do. */
static void adopt_found_suspending(struct sup *s)
{
	if (suspended_exists(s->req.dir)) {
		s->end.suspended = true;
		sup_event(s, VM_EV_SUSPENDED);
		return;
	}
	sup_monitor_send(s, "migrate_cancel");
	sup_suspend_remove_part(s);
	sup_monitor_resume(s);
}

/* QEMU was loading a suspended state. */
static void adopt_found_incoming(struct sup *s)
{
	sup_resume_begin(s);
}

static void adopt_found_paused(struct sup *s)
{
	bool loaded = s->state_before == VM_STARTING;

	if (loaded && *s->req.template) {
		sup_resume_finish(s);
	} else if (loaded && s->req.resume && suspended_exists(s->req.dir)) {
		s->end.resuming = true;
		sup_resume_finish(s);
	} else if (s->state_before == VM_SUSPENDING) {
		adopt_found_suspending(s);
	} else {
		sup_monitor_status(s, "paused");
	}
}

static void adopt_found_down(struct sup *s)
{
	sup_event(s, VM_EV_DOWN);
}

static void adopt_found_panicked(struct sup *s)
{
	sup_fail(s, VM_CAUSE_PANIC, "the guest's kernel panicked");
}

static const struct {
	const char *name;
	void (*fn)(struct sup *s);
} found[] = {
	{"finish-migrate", adopt_found_suspending},
	{"guest-panicked", adopt_found_panicked},
	{"inmigrate", adopt_found_incoming},
	{"paused", adopt_found_paused},
	{"postmigrate", adopt_found_suspending},
	{"prelaunch", adopt_found_prelaunch},
	{"shutdown", adopt_found_down},
};

static void adopt_on_found(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	const char *status = json_str(value, "status", "");

	if (error) { /* closes the monitor, so not within its callback */
		log_msg("vm", "query-status: %s", error);
		loop_timer_stop(s->start_timer);
		s->start_timer = loop_timer_start(s->loop, 0, 0, adopt_on_refused, s);
		return;
	}
	log_msg("vm", "found it %s", status);
	if (*s->req.template && !s->run.ready && strcmp(status, "inmigrate") != 0)
		sup_clock_begin(s); /* again: the guest reads it once */
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		if (!strcmp(found[i].name, status)) {
			found[i].fn(s);
			return;
		}
	}
	sup_monitor_status(s, status);
	if (s->run.state == VM_STARTING) /* a state that is unknown here: the guest is paused */
		sup_monitor_status(s, "paused");
}

void sup_adopt_query(struct sup *s)
{
	sup_monitor_ask(s, "query-status", NULL, adopt_on_found, s);
}
