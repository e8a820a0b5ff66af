/* SPDX-License-Identifier: MIT */
/*
 * supervisor: the life of one QEMU, from its request to its recorded end; see
 * include/machine/run.h. What happens when is the table in state.c; what QEMU and the guest say
 * is in monitor.c and guest.c. After the start nothing here blocks; no timer runs while nothing is
 * awaited.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/fifo.h"
#include "host/file.h"
#include "host/memory.h"
#include "host/paths.h"
#include "sup.h"
#include "supervisor/supervisor.h"

#define START_MS 30000
#define RESUME_MS 300000 /* all of the guest's memory is read */
#define ORPHAN_MS 5000
#define ORPHAN_STEP_MS 20
#define POWERDOWN_MS 60000
#define QUIT_MS 10000
#define TRIM_MS 3000 /* from the start until what it took is given back */
#define REPLAY_MAX (256 * 1024)

/* QEMU */

static void supervisor_on_qemu_ended(int64_t status, int signum, void *arg)
{
	sup_exited(arg, status, signum);
}

static void supervisor_on_qemu_output(int fd, const char *p, size_t n, void *arg)
{
	struct sup *s = arg;
	size_t room = SUP_COMPLAINT_MAX - s->complaint.len;

	(void)fd;
	for (size_t i = 0; i < n && room; i++, room--)
		buf_addc(&s->complaint, (char)(p[i] ? p[i] : ' '));
}

bool sup_qemu_lives(const struct sup *s)
{
	return s->proc || s->other;
}

void sup_qemu_terminate(struct sup *s)
{
	struct proc_id id = {s->run.qemu_pid, s->run.qemu_start};

	if (s->proc)
		proc_terminate(s->proc);
	else
		proc_signal_terminate(&id);
}

void sup_qemu_kill(struct sup *s)
{
	struct proc_id id = {s->run.qemu_pid, s->run.qemu_start};

	if (s->proc)
		proc_kill(s->proc);
	else
		proc_signal_kill(&id);
}

/* Clients */

static json_t *supervisor_ctl_status(void *arg)
{
	return vm_run_json(&((struct sup *)arg)->run);
}

static bool supervisor_ctl_request(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	return sup_screen_request(((struct sup *)arg)->screen, op, request, t) || sup_order(op, request, t, arg);
}

/* The stop ladder tells a rung once; who comes later hears of it as well. */
static void supervisor_ctl_subscribed(uint64_t client, void *arg)
{
	struct sup *s = arg;

	if (s->run.state == VM_STOPPING && s->end.rung)
		sup_tell_one(s, client, "stopping", sup_ladder_told(s));
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
	.status = supervisor_ctl_status,
	.request = supervisor_ctl_request,
	.subscribed = supervisor_ctl_subscribed,
	.drained = supervisor_ctl_drained,
	.gone = supervisor_ctl_gone,
};

void sup_stop(struct sup *s, uint64_t powerdown_ms, uint64_t quit_ms)
{
	if (s->run.state != VM_STOPPING) {
		s->powerdown_ms = powerdown_ms ? powerdown_ms : POWERDOWN_MS;
		s->quit_ms = quit_ms ? quit_ms : QUIT_MS;
	}
	s->end.asked = true;
	if (s->run.state == VM_SUSPENDING && s->silent) {
		sup_event(s, VM_EV_FATAL); /* what it waits for does not end */
		return;
	}
	if (s->run.state == VM_STARTING && s->end.adopted)
		return; /* how its guest is is not known yet: it follows when that is */
	sup_event(s, VM_EV_STOP);
}

/* Start */

static void supervisor_on_start_timeout(void *arg)
{
	sup_fatal(arg, VM_CAUSE_MONITOR, "QEMU did not answer on its monitor in time");
}

void sup_leave_error(const char *request_path, const struct err *e)
{
	char *path = xasprintf("%s.error", request_path);
	json_t *o = json_pack("{s:i, s:s, s:s, s:s}", "kind", (int)e->kind, "id", e->id, "text", e->text, "hint",
			      e->hint ? e->hint : "");

	if (o)
		json_write(path, o, NULL);
	json_decref(o);
	free(path);
}

static int supervisor_remove_socket(const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	struct stat st;
	int r = 0;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		r = err_set(e, ERR_FAILED, "socket-planted", "%s is in the way: it is not a socket", path);
	else if (unlink(path) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "socket-remove", "cannot remove %s", path);
	free(path);
	return r;
}

int sup_remove_sockets(struct sup *s, struct err *e)
{
	static const char *const names[] = {"qmp", "progress", "host"};
	char *serial = file_join(s->req.runtime_dir, "serial");
	int r = host_fifo_remove(serial, e);

	free(serial);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (supervisor_remove_socket(s->req.runtime_dir, names[i], e) < 0)
			r = -1;
	}
	return r;
}

/* What QEMU opens or listens on: nothing of an earlier run is left there. */
static int supervisor_make_lines(struct sup *s, struct err *e)
{
	char *serial = file_join(s->req.runtime_dir, "serial");
	int r = sup_remove_sockets(s, e) < 0 || host_fifo_make(serial, e) < 0 ? -1 : 0;

	free(serial);
	return r;
}

static void supervisor_launch(struct sup *s)
{
	struct strv argv = STRV_INIT;
	struct proc_conf conf = {
		.output = supervisor_on_qemu_output, .ended = supervisor_on_qemu_ended, .arg = s, .new_session = true};
	struct err e = ERR_INIT;
	struct proc_id id = {0};

	strv_copy(&argv, &s->req.argv);
	if (s->req.resume) {
		strv_add(&argv, "-incoming");
		strv_add(&argv, "defer");
	}
	conf.argv = strv_argv(&argv);
	if (supervisor_make_lines(s, &e) == 0) {
		umask(0177); /* QEMU's sockets get mode 0600 */
		s->proc = proc_start(s->loop, &conf, &e);
		umask(077);
	}
	strv_fini(&argv);
	if (!s->proc) {
		sup_leave_error(s->request_path, &e);
		sup_blame(s, VM_CAUSE_QEMU_MISSING, e.text);
		err_fini(&e);
		s->exit_status = 1;
		sup_judge(s);
		return;
	}
	proc_identify(proc_pid(s->proc), &id);
	s->run.qemu_pid = proc_pid(s->proc);
	s->run.qemu_start = id.start;
	sup_save(s);
	sup_guest_open(s);
	sup_monitor_open(s);
	s->start_timer = loop_timer_start(s->loop,
					  s->req.start_timeout		      ? s->req.start_timeout
					  : s->req.resume || *s->req.snapshot ? RESUME_MS
									      : START_MS,
					  0, supervisor_on_start_timeout, s);
}

/* The QEMU of a configuring run whose supervisor was killed: nobody wants what it does. */
static void supervisor_on_orphan(void *arg)
{
	struct sup *s = arg;
	struct proc_id id = {.pid = s->run.qemu_pid, .start = s->run.qemu_start};

	bool alive = proc_alive(&id);

	if (alive && loop_now(s->loop) < s->rung_deadline)
		return;
	loop_timer_stop(s->start_timer);
	s->start_timer = NULL;
	if (!alive) {
		supervisor_launch(s);
		return;
	}
	sup_blame(s, VM_CAUSE_BUSY, "the QEMU of an earlier run does not end");
	sup_judge(s);
}

static void supervisor_on_terminate(void *arg)
{
	struct sup *s = arg;

	if (s->run.state == VM_STOPPING)
		sup_event(s, VM_EV_RUNG);
	else
		sup_stop(s, 0, 0);
}

/* A client found no socket: the end of a login session takes the folder that it was in. QEMU's own
 * sockets are gone for good with it; they are connected, and only a later takeover would need them. */
static void supervisor_on_hangup(void *arg)
{
	struct sup *s = arg;
	char *path = file_join(s->run.runtime_dir, "control");
	struct err e = ERR_INIT;
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
	err_fini(&e);
	free(path);
}

static void supervisor_on_ignored(void *arg)
{
	(void)arg;
}

static void supervisor_watch_signals(struct sup *s)
{
	static const struct {
		int signum;
		void (*fn)(void *arg);
	} wanted[] = {
		{SIGTERM, supervisor_on_terminate}, {SIGINT, supervisor_on_terminate}, {SIGHUP, supervisor_on_hangup},
		{SIGPIPE, supervisor_on_ignored},   {SIGXFSZ, supervisor_on_ignored},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		s->signals[i] = loop_signal_start(s->loop, wanted[i].signum, wanted[i].fn, s);
}

/* Takes the lock and looks at what an earlier supervisor left; sets *orphan when its QEMU lives. */
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

/* What a later supervisor needs to take this QEMU over. */
static int supervisor_keep_request(struct sup *s, struct err *e)
{
	char *path = sup_request_file(s->req.dir);
	int r;

	sup_seed(s);
	if (s->req.seed_size && !s->req.seed_empty) {
		free(s->run.seed);
		s->run.seed = xstrdup("pending");
	}
	r = s->req.configuring ? file_remove_tree(path, e) : vm_request_write(&s->req, path, e);

	free(path);
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

static void supervisor_sup_fini(struct sup *s)
{
	for (size_t i = 0; i < sizeof(s->signals) / sizeof(*s->signals); i++)
		loop_signal_stop(s->signals[i]);
	loop_timer_stop(s->trim_timer);
	sup_orders_fini(s);
	suspended_fini(&s->move.kept);
	control_free(s->control);
	sup_screen_free(s->screen);
	async_writer_free(s->writer);
	proc_watch_stop(s->other);
	loop_free(s->loop);
	lock_release(s->lock);
	vm_run_fini(&s->run);
	vm_request_fini(&s->req);
	buf_fini(&s->complaint);
	free(s->fatal);
	free(s->shutdown);
}

/* The machine goes on, this supervisor is new: the end of the log gives the screen back. */
static void supervisor_replay(struct sup *s, const char *name)
{
	char *path = file_join(s->req.dir, name);
	struct err e = ERR_INIT;
	struct buf log;
	size_t skip;

	if (file_read(path, CONLOG_MAX, &log, &e) == 0) {
		skip = log.len > REPLAY_MAX ? log.len - REPLAY_MAX : 0;
		sup_screen_replay(s->screen, log.data + skip, log.len - skip);
		buf_fini(&log);
	}
	err_fini(&e);
	free(path);
}

static void supervisor_on_trim(void *arg)
{
	struct sup *s = arg;

	loop_timer_stop(s->trim_timer);
	s->trim_timer = NULL;
	host_trim_memory();
}

static void supervisor_supervise(struct sup *s, bool orphan)
{
	s->screen = sup_screen_new(s->loop, (int)s->req.rows, (int)s->req.columns, sup_guest_write, s);
	sup_screen_serve(s->screen, s->control);
	if (s->end.adopted || s->req.resume)
		supervisor_replay(s, "console.log"); /* before this run has one of its own */
	supervisor_watch_signals(s);
	s->trim_timer = loop_timer_start(s->loop, TRIM_MS, 0, supervisor_on_trim, s);
	sup_save(s);
	s->rung_deadline = loop_now(s->loop) + ORPHAN_MS;
	if (s->end.adopted)
		sup_adopt(s);
	else if (orphan)
		s->start_timer = loop_timer_start(s->loop, 0, ORPHAN_STEP_MS, supervisor_on_orphan, s);
	else
		supervisor_launch(s);
	loop_run(s->loop);
}

int vm_supervise(const char *request_path)
{
	struct sup s = {
		.request_path = (char *)request_path,
		.powerdown_ms = POWERDOWN_MS,
		.quit_ms = QUIT_MS,
		.log = {.fd = -1},
		.end = {.fatal = "", .shutdown = "", .complaint = "", .accel = "", .holder = ""},
	};
	struct err e = ERR_INIT;
	bool orphan = false;
	char *path;
	int r;

	umask(077);
	buf_init(&s.complaint, 0);
	if (vm_request_read(&s.req, request_path, &e) < 0) {
		sup_leave_error(request_path, &e);
		s.exit_status = (int)e.kind;
		err_fini(&e);
		return s.exit_status;
	}
	unlink(request_path);
	supervisor_init_run(&s);
	s.end.configuring = s.req.configuring;
	s.loop = loop_new();
	path = file_join(s.req.dir, "run.spare");
	s.writer = async_writer_new(s.loop, path);
	free(path);
	r = supervisor_take_over(&s, &orphan, &e);
	if (!r && !s.end.adopted)
		r = supervisor_keep_request(&s, &e);
	path = file_join(s.req.runtime_dir, "control");
	if (!r && (s.control = control_new(s.loop, path, &control_ops, &s, &e))) {
		supervisor_supervise(&s, orphan);
	} else {
		sup_leave_error(request_path, &e);
		s.exit_status = (int)e.kind;
	}
	free(path);
	err_fini(&e);
	supervisor_sup_fini(&s);
	return s.exit_status;
}
