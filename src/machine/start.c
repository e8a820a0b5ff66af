/* SPDX-License-Identifier: MIT */
/*
 * start: starts a supervisor and waits until it serves, or until it reports why not (vm_start in
 * include/machine/client.h). The supervisor's pid in the run record identifies it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "machine/client.h"

#define CHECK_MS 20
#define START_MS 120000 /* longer than a start takes on a busy host */

struct start {
	struct loop *loop;
	struct loop_timer *timer;
	uint64_t deadline;
	char *dir;
	bool adopt;
	char *request, *error; /* paths */
	struct proc_id id;
	struct err failed;
	void (*done)(const struct err *e, void *arg);
	void *arg;
};

static void start_end(struct start *s)
{
	loop_timer_stop(s->timer);
	if (s->request)
		unlink(s->request);
	if (s->error)
		unlink(s->error);
	s->done(s->failed.kind ? &s->failed : NULL, s->arg);
	err_fini(&s->failed);
	free(s->dir);
	free(s->request);
	free(s->error);
	free(s);
}

/* Reads the error that the supervisor left; false if it left none. */
static bool start_read_error(struct start *s)
{
	json_t *o = file_exists(s->error) ? json_read(s->error, NULL) : NULL;
	const char *hint = json_str(o, "hint", "");

	if (!o)
		return false;
	err_set(&s->failed, (enum err_kind)json_int(o, "kind", ERR_FAILED), json_str(o, "id", "vm"), "%s",
		json_str(o, "text", "the supervisor failed"));
	if (*hint)
		err_hint(&s->failed, "%s", hint);
	json_decref(o);
	return true;
}

/* Returns whether the record is of our supervisor and says that QEMU was started, or has exited. */
static bool start_is_up(const struct start *s)
{
	struct vm_run run;
	bool up;

	if (vm_run_read(s->dir, &run, NULL) < 0)
		return false;
	up = run.supervisor_pid == s->id.pid && (run.qemu_pid || vm_state_is_over(run.state)) &&
	     !(s->adopt && run.state == VM_STARTING);
	vm_run_fini(&run);
	return up;
}

static void start_on_timer(void *arg)
{
	struct start *s = arg;
	bool alive = proc_alive(&s->id); /* asked first: what it left is complete then */
	bool up = start_is_up(s);

	if (alive && file_exists(s->error))
		return; /* it is still cleaning up */
	if (start_read_error(s) || up) {
		start_end(s);
	} else if (!alive) {
		err_set(&s->failed, ERR_FAILED, "supervisor-died", "the supervisor exited without an error message");
		err_hint(&s->failed, "see %s/supervisor.log", s->dir);
		start_end(s);
	} else if (loop_now(s->loop) >= s->deadline) {
		err_set(&s->failed, ERR_FAILED, "supervisor-silent",
			"the supervisor (pid %lld) does not get QEMU started", (long long)s->id.pid);
		start_end(s);
	}
}

static void start_on_failed(void *arg)
{
	start_end(arg);
}

static int start_launch(struct start *s, const struct vm_request *r, struct err *e)
{
	AUTO_FREE char *self = host_self(e);
	AUTO_FREE char *log = file_join(r->dir, "supervisor.log");
	char *argv[] = {self, "supervise", s->request, NULL};
	int result = -1;

	if (self && vm_request_write(r, s->request, e) == 0)
		result = proc_detach(argv, log, -1, &s->id.pid, e);
	if (result == 0)
		proc_identify(s->id.pid, &s->id);
	return result;
}

void vm_start(struct loop *l, const struct vm_request *r, void (*done)(const struct err *e, void *arg), void *arg)
{
	struct start *s = xcalloc(1, sizeof(*s));
	bool ok;

	s->loop = l;
	s->done = done;
	s->arg = arg;
	s->dir = xstrdup(r->dir);
	s->adopt = r->adopt;
	s->request = xasprintf("%s/start-%ld.json", r->runtime_dir, (long)getpid());
	s->error = xasprintf("%s.error", s->request);
	s->deadline = loop_now(l) + START_MS;
	unlink(s->error); /* of an earlier process with our pid */
	ok = start_launch(s, r, &s->failed) == 0;
	s->timer = loop_timer_start(l, ok ? CHECK_MS : 0, ok ? CHECK_MS : 0, ok ? start_on_timer : start_on_failed, s);
}

void vm_adopt(struct loop *l, const char *dir, void (*done)(const struct err *e, void *arg), void *arg)
{
	AUTO_FREE char *path = file_join(dir, "request.json");
	struct vm_request r = {.name = NULL};
	struct start *s;

	if (vm_request_read(&r, path, NULL) == 0) {
		r.adopt = true;
		vm_start(l, &r, done, arg);
	} else {
		s = xcalloc(1, sizeof(*s));
		s->done = done;
		s->arg = arg;
		err_set(&s->failed, ERR_FAILED, "orphan",
			"it runs without its supervisor, and its request.json, which a takeover requires, "
			"cannot be read");
		s->timer = loop_timer_start(l, 0, 0, start_on_failed, s);
	}
	vm_request_fini(&r);
}
