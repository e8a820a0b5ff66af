/* SPDX-License-Identifier: MIT */
/*
 * supervisor: the detached process from the request to the end: lock, control socket, signals, and the start of
 * QEMU. What happens when is the table in state.c, applied by life.c; what QEMU and the guest report is in monitor.c
 * and guest.c. After the start nothing here blocks; no timer runs while nothing is awaited.
 */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "adopt.h"
#include "base/log.h"
#include "base/mem.h"
#include "clock.h"
#include "deadline.h"
#include "guest.h"
#include "host/file.h"
#include "host/memory.h"
#include "host/paths.h"
#include "host/proc.h"
#include "life.h"
#include "machine/conlog.h"
#include "machine/suspended.h"
#include "monitor.h"
#include "orders.h"
#include "process.h"
#include "request.h"
#include "snapshot.h"
#include "stop.h"
#include "sup.h"
#include "suspend.h"

#define RESUME_MS 300000 /* all of the guest's memory is read */
#define ORPHAN_MS 5000
#define ORPHAN_STEP_MS 20
#define TRIM_MS 3000 /* from the start until the memory that it took is given back */
#define REPLAY_MAX (256 * 1024)

/* What only this file needs, from start to end. */
struct supervisor {
	struct sup sup;
	struct loop_signal *signals[3];
	struct loop_timer *trim_timer;
	uint64_t orphan_deadline;
};

/* Clients */

static bool supervisor_ctl_request(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	return sup_screen_request(((struct sup *)arg)->screen, op, request, t) || sup_order(op, request, t, arg);
}

static void supervisor_ctl_drained(uint64_t client, void *arg)
{
	sup_screen_drained(((struct sup *)arg)->screen, client);
}

static void supervisor_ctl_gone(uint64_t client, void *arg)
{
	sup_screen_gone(((struct sup *)arg)->screen, client);
}

static const struct control_ops control_ops = {
	.request = supervisor_ctl_request,
	.drained = supervisor_ctl_drained,
	.gone = supervisor_ctl_gone,
};

/* Start */

static void supervisor_on_start_timeout(void *arg)
{
	sup_fail(arg, VM_CAUSE_MONITOR, "QEMU did not answer on its monitor in time");
}

static void supervisor_launch(struct sup *s)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;

	strv_copy(&argv, &s->req.argv);
	for (size_t i = 0; i < s->req.memory.len; i++)
		strv_add(&argv, s->req.memory.items[i]);
	if (s->req.resume || *s->req.template) {
		strv_add(&argv, "-incoming");
		strv_add(&argv, "defer");
	}
	if (sup_process_start(s, &argv, &e) < 0) {
		sup_request_write_error(s->request_path, &e);
		sup_set_failure(s, VM_CAUSE_QEMU_MISSING, e.text);
		s->exit_status = 1;
		sup_conclude(s);
		return;
	}
	sup_save(s);
	sup_guest_open(s);
	sup_monitor_open(s);
	s->start_timer = loop_timer_start(s->loop,
					  s->req.start_timeout		      ? s->req.start_timeout
					  : s->req.resume || *s->req.snapshot ? RESUME_MS
									      : SUP_START_MS,
					  0, supervisor_on_start_timeout, s);
}

/* Waits for the QEMU of a configuring run whose supervisor was killed: its work is of no use, and it was killed. */
static void supervisor_on_orphan(void *arg)
{
	struct supervisor *v = arg;
	struct sup *s = &v->sup;
	struct proc_id id = {.pid = s->run.qemu_pid, .start = s->run.qemu_start};
	bool alive = proc_alive(&id);

	if (alive && loop_now(s->loop) < v->orphan_deadline)
		return;
	loop_timer_stop(s->start_timer);
	s->start_timer = NULL;
	if (!alive) {
		supervisor_launch(s);
		return;
	}
	sup_set_failure(s, VM_CAUSE_BUSY, "the QEMU of an earlier run does not end");
	sup_conclude(s);
}

static void supervisor_on_terminate(void *arg)
{
	struct sup *s = arg;

	if (s->run.state == VM_STOPPING)
		sup_event(s, VM_EV_RUNG);
	else
		sup_stop_request(s, 0, 0);
}

/* Listens again for a client that found no socket: the end of a login session removes the folder. QEMU's sockets in
 * it are lost, too, but they are connected, and only a later takeover would need them. */
static void supervisor_on_hangup(void *arg)
{
	struct sup *s = arg;
	char *path = file_join(s->run.runtime_dir, "control");
	AUTO_ERR struct err e = ERR_INIT;
	char *dir;

	if (s->lock && !file_exists(path) && (dir = host_runtime_dir(s->req.name, &e))) {
		free(path);
		path = file_join(dir, "control");
		if (control_listen(s->control, path, &e) == 0) {
			free(s->run.runtime_dir);
			s->run.runtime_dir = dir;
			sup_save(s);
		} else {
			free(dir);
		}
	}
	if (e.kind)
		log_msg("vm", "cannot listen again: %s", e.text);
	free(path);
}

static void supervisor_watch_signals(struct supervisor *v)
{
	static const struct {
		int signum;
		void (*fn)(void *arg);
	} wanted[] = {
		{SIGTERM, supervisor_on_terminate},
		{SIGINT, supervisor_on_terminate},
		{SIGHUP, supervisor_on_hangup},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		v->signals[i] = loop_signal_start(v->sup.loop, wanted[i].signum, wanted[i].fn, &v->sup);
}

/* Takes the lock and examines what an earlier supervisor left; sets *orphan if its QEMU is alive. */
static int supervisor_take_over(struct sup *s, bool *orphan, struct err *e)
{
	struct vm_run old = {.name = NULL};
	struct proc_id qemu;
	int r = 0;

	s->lock = sup_take_lock(s, e);
	if (!s->lock)
		return -1;
	/* an unreadable record is replaced */
	*orphan = vm_run_read(s->req.dir, &old, NULL) == 0 && old.orphan;
	qemu = (struct proc_id){.pid = old.qemu_pid, .start = old.qemu_start};
	if (*orphan && s->req.configuring) {
		proc_signal_kill(&qemu);
		s->run.qemu_pid = qemu.pid;
		s->run.qemu_start = qemu.start;
	} else if (*orphan) {
		r = sup_adopt_prepare(s, &old, e);
	} else if (s->req.adopt) {
		r = err_set(e, ERR_FAILED, "not-running", "%s no longer runs", s->req.name);
	} else if (!s->req.resume) {
		r = suspended_refuse(s->req.dir, s->req.name, e);
	} else if (!suspended_exists(s->req.dir)) {
		r = err_set(e, ERR_FAILED, "not-suspended", "%s is not suspended", s->req.name);
	} else {
		vm_run_take_settings(&s->run, &old);
	}
	vm_run_fini(&old);
	return r;
}

static void supervisor_init_run(struct sup *s)
{
	struct proc_id me = {.pid = getpid()};

	proc_identify(getpid(), &me);
	s->run = (struct vm_run){
		.state = VM_STARTING,
		.name = xstrdup(s->req.name),
		.what = xstrdup(s->req.what),
		.supervisor_pid = getpid(),
		.supervisor_start = me.start,
		.started = (int64_t)time(NULL),
		.cause = xstrdup(""),
		.complaint = xstrdup(""),
		.kernel = xstrdup(""),
		.ip = xstrdup(""),
		.accel = xstrdup(s->req.accel),
		.runtime_dir = xstrdup(s->req.runtime_dir),
		.seed = xstrdup(""),
		.ssh = xstrdup(""),
	};
}

static void supervisor_init(struct sup *s)
{
	s->clock = sup_clock_new();
	s->deadline = sup_deadline_new();
	s->guest = sup_guest_new();
	s->life = sup_life_new();
	s->monitor = sup_monitor_new();
	s->process = sup_process_new();
	s->snapshot = sup_snapshot_new();
	s->stop = sup_stop_new();
	s->suspend = sup_suspend_new();
}

static void supervisor_fini(struct supervisor *v)
{
	struct sup *s = &v->sup;

	for (size_t i = 0; i < ARRAY_SIZE(v->signals); i++)
		loop_signal_stop(v->signals[i]);
	loop_timer_stop(v->trim_timer);
	sup_orders_fini(s);
	control_free(s->control);
	sup_screen_free(s->screen);
	async_writer_free(s->writer);
	sup_clock_free(s->clock);
	sup_deadline_free(s->deadline);
	sup_guest_free(s->guest);
	sup_life_free(s->life);
	sup_monitor_free(s->monitor);
	sup_process_free(s->process);
	sup_snapshot_free(s->snapshot);
	sup_stop_free(s->stop);
	sup_suspend_free(s->suspend);
	loop_free(s->loop);
	lock_release(s->lock);
	vm_run_fini(&s->run);
	vm_request_fini(&s->req);
}

/* Restores the screen of a machine that continues from the end of its log. */
static void supervisor_replay(struct sup *s, const char *name)
{
	AUTO_FREE char *path = file_join(s->req.dir, name);
	AUTO_ERR struct err e = ERR_INIT;
	struct buf log;
	size_t skip;

	if (file_read(path, CONLOG_MAX, &log, &e) == 0) {
		skip = log.len > REPLAY_MAX ? log.len - REPLAY_MAX : 0;
		sup_screen_replay(s->screen, log.data + skip, log.len - skip);
		buf_fini(&log);
	}
}

static void supervisor_on_trim(void *arg)
{
	struct supervisor *v = arg;

	loop_timer_stop(v->trim_timer);
	v->trim_timer = NULL;
	host_trim_memory();
}

static void supervisor_run(struct supervisor *v, bool orphan)
{
	struct sup *s = &v->sup;

	s->screen = sup_screen_new(s->loop, (int)s->req.rows, (int)s->req.columns, sup_guest_write, s);
	sup_screen_serve(s->screen, s->control);
	if (s->end.adopted || s->req.resume)
		supervisor_replay(s, "console.log"); /* before this run has one of its own */
	supervisor_watch_signals(v);
	v->trim_timer = loop_timer_start(s->loop, TRIM_MS, 0, supervisor_on_trim, v);
	sup_save(s);
	v->orphan_deadline = loop_now(s->loop) + ORPHAN_MS;
	if (s->end.adopted)
		sup_adopt(s);
	else if (orphan)
		s->start_timer = loop_timer_start(s->loop, 0, ORPHAN_STEP_MS, supervisor_on_orphan, v);
	else
		supervisor_launch(s);
	loop_run(s->loop);
}

int vm_supervise(const char *request_path)
{
	struct supervisor v = {.sup = {
				       .request_path = request_path,
				       .end = {.fatal = "", .shutdown = "", .complaint = "", .accel = "", .holder = ""},
			       }};
	struct sup *s = &v.sup;
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_FREE char *control = NULL, *spare = NULL;
	bool orphan = false;
	int r;

	umask(077);
	if (vm_request_read(&s->req, request_path, &e) < 0) {
		sup_request_write_error(request_path, &e);
		return (int)e.kind;
	}
	unlink(request_path);
	supervisor_init_run(s);
	supervisor_init(s);
	s->end.configuring = s->req.configuring;
	s->loop = loop_new();
	spare = file_join(s->req.dir, "run.spare");
	s->writer = async_writer_new(s->loop, spare);
	r = supervisor_take_over(s, &orphan, &e);
	if (!r && !s->end.adopted)
		r = sup_request_save(s, &e);
	control = file_join(s->req.runtime_dir, "control");
	if (!r && (s->control = control_new(s->loop, control, &control_ops, s, &e))) {
		supervisor_run(&v, orphan);
	} else {
		sup_request_write_error(request_path, &e);
		s->exit_status = (int)e.kind;
	}
	r = s->exit_status;
	supervisor_fini(&v);
	return r;
}
