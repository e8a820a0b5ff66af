/* SPDX-License-Identifier: MIT */
/*
 * suspend: the guest's state out to a file and in again, by QEMU's migration over a descriptor (no
 * shell, and QEMU opens no path). Out: stop, migrate into X.part, sync, rename, quit. In: QEMU was
 * started with -incoming defer and -S; when all is loaded the file is removed, and only then does the
 * guest go on: a state that is there always fits the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/sanitize.h"
#include "sup.h"

#define FD_NAME "debwiz-state"
#define NO_LIMIT ((json_int_t)1 << 40) /* bytes a second: QEMU's own limit is one of a network */

void sup_suspend_forget(struct sup *s)
{
	char *part = suspended_part_path(s->req.dir);

	unlink(part);
	free(part);
}

static void suspend_move_end(struct sup *s)
{
	sup_amount_stop(s);
	suspended_fini(&s->move.kept);
	err_fini(&s->move.err);
	s->move = (struct sup_move){.dir = SUP_MOVE_NONE};
	s->busy = NULL;
}

static void suspend_on_back(const json_t *value, const char *error, void *arg)
{
	(void)value;
	if (!error)
		sup_goes_on(arg);
}

static void suspend_out_refuse(struct sup *s, const char *why)
{
	if (s->move.cancelled)
		sup_refuse(s, s->move.ticket, ERR_INTERRUPTED, "suspend-cancelled",
			   "suspending %s was cancelled; it keeps running", s->req.name);
	else
		sup_refuse(s, s->move.ticket, ERR_FAILED, "suspend-failed", "%s could not be suspended: %s",
			   s->req.name, why);
}

/* The guest goes on as it was before; nothing was changed. `lost`: the monitor is, and QEMU is not. */
static void suspend_out_end(struct sup *s, const char *text, bool lost)
{
	bool stood = s->move.stood;
	char *words = vm_sanitize(text, strlen(text), 300);

	log_msg("vm", "not suspended: %s", words);
	sup_suspend_forget(s);
	/* one that is being ended meanwhile, or has died, has its answer in its end */
	if (s->run.state != VM_STOPPING && (vm_link_is_up(s->qmp_link) || lost))
		suspend_out_refuse(s, words);
	free(words);
	suspend_move_end(s);
	if (s->run.state != VM_SUSPENDING)
		return;
	if (lost) {
		sup_stands(s, VM_CAUSE_MONITOR, "QEMU's monitor is lost, and the guest may be paused: kill it");
	} else if (stood) {
		s->paused = true;
		sup_event(s, VM_EV_PAUSED);
	} else if (!sup_monitor_ask(s, "cont", NULL, suspend_on_back, s)) {
		sup_monitor_sync(s);
	}
}

static void suspend_out_failed(struct sup *s, const char *text)
{
	suspend_out_end(s, text, false);
}

void sup_suspend_lost(struct sup *s)
{
	if (s->move.dir == SUP_MOVE_OUT && !s->move.working)
		suspend_out_end(s, "QEMU's monitor is lost", true);
}

void sup_suspend_silent(struct sup *s, const struct err *e)
{
	if (s->move.dir != SUP_MOVE_OUT || s->move.working)
		return;
	control_answer(s->control, s->move.ticket, e, NULL);
	s->move.ticket.client = 0;
	sup_suspend_cancel(s);
}

/* Opens the way for a migration over `fd`, which is closed here. */
static bool suspend_send_file(struct sup *s, int fd)
{
	/* the file first: it can only go while nothing else is on its way */
	bool ok =
		fd >= 0 && sup_monitor_pass(s, FD_NAME, fd) &&
		sup_monitor_ask(s, "migrate-set-capabilities",
				json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability", "events", "state", 1), NULL,
				NULL) &&
		sup_monitor_ask(s, "migrate-set-parameters", json_pack("{s:I}", "max-bandwidth", NO_LIMIT), NULL, NULL);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- out ---- */

static void suspend_on_migrating(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	(void)value;
	if (s->move.dir != SUP_MOVE_OUT)
		return;
	if (error)
		suspend_out_failed(s, error);
	else if (s->move.cancelled)
		sup_monitor_do(s, "migrate_cancel");
	else if (!s->move.working)
		sup_amount_start(s);
}

static void suspend_on_stopped(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	char *part = suspended_part_path(s->req.dir);
	int fd;

	(void)value;
	if (s->move.dir != SUP_MOVE_OUT) {
		free(part);
		return;
	}
	unlink(part);
	fd = file_open(part, FILE_NEW);
	free(part);
	if (error || fd < 0 || s->move.cancelled) {
		if (fd >= 0)
			close(fd);
		suspend_out_failed(s, error ? error : fd < 0 ? strerror(errno) : "cancelled");
	} else if (!suspend_send_file(s, fd) ||
		   !sup_monitor_ask(s, "migrate", json_pack("{s:s}", "uri", "fd:" FD_NAME), suspend_on_migrating, s)) {
		suspend_out_failed(s, "QEMU's monitor is not connected");
	}
}

/* "virt-7.2-machine" is the versioned name behind the alias that the command line may have. */
bool sup_pin(const struct sup *s, const char *type, struct suspended_state *out)
{
	const char *end = type ? strstr(type, "-machine") : NULL;
	json_t *request = vm_request_json(&s->req);
	char *name;
	bool ok = end && !end[8] && vm_request_from_json(&out->request, request) == 0;

	json_decref(request);
	if (!ok)
		return false;
	name = xstrndup(type, (size_t)(end - type));
	suspended_pin_machine(&out->request.argv, name);
	free(name);
	free(out->request.snapshot);
	out->request.snapshot = xstrdup("");
	out->request.resume = false;
	out->login = s->run.login;
	out->ready = s->run.ready;
	out->kernel = xstrdup(s->run.kernel);
	out->ip = xstrdup(s->run.ip);
	return true;
}

static void suspend_on_type(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (s->move.dir != SUP_MOVE_OUT)
		return;
	if (error || !sup_pin(s, json_string_value(value), &s->move.kept)) {
		suspend_out_failed(s, error ? error : "QEMU does not name its machine type");
		return;
	}
	if (s->move.stood)
		suspend_on_stopped(NULL, NULL, s);
	else if (!sup_monitor_ask(s, "stop", NULL, suspend_on_stopped, s))
		suspend_out_failed(s, "QEMU's monitor is not connected");
}

void sup_suspend(struct sup *s)
{
	json_t *what = json_pack("{s:s, s:s}", "path", "/machine", "property", "type");

	if (!sup_monitor_ask(s, "qom-get", what, suspend_on_type, s))
		suspend_out_failed(s, "QEMU's monitor is not connected");
}

void sup_suspend_order(struct sup *s, const json_t *request, struct control_ticket t)
{
	(void)request;
	if (!sup_monitor_is_there(s)) {
		sup_refuse(s, t, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
		return;
	}
	s->busy = "it is being suspended";
	s->move = (struct sup_move){.dir = SUP_MOVE_OUT, .ticket = t, .stood = s->paused};
	sup_event(s, VM_EV_SUSPEND);
}

void sup_suspend_cancel(struct sup *s)
{
	if (s->move.dir != SUP_MOVE_OUT || s->move.cancelled)
		return;
	s->move.cancelled = true;
	if (s->amount_timer) /* it is on its way */
		sup_monitor_do(s, "migrate_cancel");
}

static void suspend_seal(void *arg)
{
	struct sup *s = arg;

	s->move.sealed = suspended_commit(s->req.dir, &s->move.kept, &s->move.err) == 0;
}

static void suspend_on_sealed(void *arg)
{
	struct sup *s = arg;

	s->move.working = false;
	if (!s->move.sealed) {
		char *text = xstrdup(s->move.err.text);

		suspended_remove(s->req.dir, NULL);
		suspend_out_failed(s, text);
		free(text);
	} else {
		s->end.suspended = true;
		control_answer(s->control, s->move.ticket, NULL, NULL);
		suspend_move_end(s);
		sup_event(s, VM_EV_SUSPENDED);
	}
	if (s->exited)
		sup_judge(s);
}

static void suspend_on_why(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (s->move.dir == SUP_MOVE_OUT)
		suspend_out_failed(s, error ? error : json_str(value, "error-desc", "QEMU gave no reason"));
}

static void suspend_out_moved(struct sup *s, const char *status)
{
	if (!strcmp(status, "completed")) {
		s->move.working = true;
		sup_amount_stop(s);
		loop_work(s->loop, suspend_seal, suspend_on_sealed, s);
	} else if (!strcmp(status, "cancelled")) {
		suspend_out_failed(s, "it was cancelled");
	} else if (!sup_monitor_ask(s, "query-migrate", NULL, suspend_on_why, s)) {
		suspend_out_failed(s, "QEMU gave no reason");
	}
}

/* ---- in ---- */

static void suspend_on_incoming(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	char *text;

	(void)value;
	if (!error || s->move.dir != SUP_MOVE_IN || s->end.adopted)
		return;
	text = xasprintf("the suspended state, which is kept, could not be loaded: %s", error);
	sup_fatal(s, VM_CAUSE_RESUME_FAILED, text);
	free(text);
}

void sup_resume_begin(struct sup *s)
{
	char *path = suspended_state_path(s->req.dir);
	int fd = file_open(path, FILE_READ);

	s->end.resuming = true;
	s->move = (struct sup_move){.dir = SUP_MOVE_IN};
	if (!suspend_send_file(s, fd) ||
	    !sup_monitor_ask(s, "migrate-incoming", json_pack("{s:s}", "uri", "fd:" FD_NAME), suspend_on_incoming, s))
		sup_fatal(s, VM_CAUSE_RESUME_FAILED, "the suspended state cannot be opened");
	free(path);
}

static void suspend_forget(void *arg)
{
	struct sup *s = arg;

	s->move.sealed = suspended_remove(s->req.dir, &s->move.err) == 0;
}

static void suspend_on_forgotten(void *arg)
{
	struct sup *s = arg;
	bool gone = s->move.sealed;
	char *why = gone ? NULL : xstrdup(s->move.err.text);

	suspend_move_end(s);
	if (!gone) {
		sup_fatal(s, VM_CAUSE_RESUME_FAILED, why);
	} else {
		s->end.resuming = false;
		sup_seed_forget(s);
		sup_monitor_let_go(s);
	}
	free(why);
	if (s->exited)
		sup_judge(s);
}

void sup_resume_finish(struct sup *s)
{
	struct suspended_state kept;

	s->move.working = true;
	if (suspended_read(s->req.dir, &kept, NULL) == 0) {
		s->run.login = kept.login;
		s->run.ready = kept.ready;
		free(s->run.kernel);
		s->run.kernel = xstrdup(kept.kernel);
		free(s->run.ip);
		s->run.ip = xstrdup(kept.ip);
		suspended_fini(&kept);
	}
	loop_work(s->loop, suspend_forget, suspend_on_forgotten, s);
}

static void suspend_in_moved(struct sup *s, const char *status)
{
	if (!strcmp(status, "completed"))
		sup_resume_finish(s);
	else
		sup_fatal(s, VM_CAUSE_RESUME_FAILED, "the suspended state, which is kept, could not be loaded");
}

void sup_moved(struct sup *s, const char *status)
{
	bool over = !strcmp(status, "completed") || !strcmp(status, "failed") || !strcmp(status, "cancelled");

	if (!over || s->move.working)
		return;
	if (s->move.dir == SUP_MOVE_OUT)
		suspend_out_moved(s, status);
	else if (s->move.dir == SUP_MOVE_IN)
		suspend_in_moved(s, status);
}

void sup_move_fini(struct sup *s)
{
	if (s->move.dir == SUP_MOVE_OUT)
		sup_suspend_forget(s);
	suspend_move_end(s);
}

/* Nothing was written to it: it is not a seed but what stood in for one when a supervisor was killed. */
static bool suspend_seed_is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 && !st.st_blocks;
}

/* A guest that had applied its settings was still given the seed's device: an empty one will do. A seed that
 * was not applied is there yet, and stays until the guest says so. */
void sup_seed(struct sup *s)
{
	struct stat st;
	int fd;

	s->req.seed_empty = false;
	if (!*s->req.seed)
		return;
	if (!s->req.resume && !*s->req.snapshot) {
		s->req.seed_size = stat(s->req.seed, &st) == 0 ? (uint64_t)st.st_size : 0;
		return;
	}
	if (!s->req.seed_size)
		return;
	if (file_exists(s->req.seed)) {
		s->req.seed_empty = suspend_seed_is_empty(s->req.seed);
		return;
	}
	fd = file_open(s->req.seed, FILE_NEW);
	s->req.seed_empty = fd >= 0;
	if (fd >= 0 && ftruncate(fd, (off_t)s->req.seed_size) < 0)
		log_msg("vm", "%s: %s", s->req.seed, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void sup_seed_forget(struct sup *s)
{
	if (s->req.seed_empty)
		unlink(s->req.seed);
	s->req.seed_empty = false;
}
