/* SPDX-License-Identifier: MIT */
/*
 * suspend: the guest's state out to a file and in again, by QEMU's migration: to file: where QEMU has that, else over
 * a descriptor; never by a shell. Out: stop, migrate into X.part, sync, rename, quit. In: QEMU was started with
 * -incoming defer and -S; once everything is loaded the file is removed, and only then is the guest resumed: an
 * existing state always fits the disk. A template (machine/template.h) is written and loaded in the same way, but for
 * its memory, which is a file beside the state, and stays.
 */
#include "suspend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "clock.h"
#include "host/file.h"
#include "life.h"
#include "machine/sanitize.h"
#include "monitor.h"
#include "orders.h"
#include "qemu/argv_edit.h"
#include "qemu/probe.h"
#include "seed.h"
#include "sup.h"

#define FD_NAME "debwiz-state"
#define NO_LIMIT ((json_int_t)1 << 40) /* bytes a second; QEMU's default is meant for a network */
#define EVERY_MS 250		       /* between two reports of its progress */

enum suspend_direction { SUSPEND_NONE, SUSPEND_OUT, SUSPEND_IN };

struct sup_suspend {
	enum suspend_direction direction;
	struct control_ticket ticket; /* out: the client that asked */
	bool was_paused;	      /* out: before it */
	bool cancelled;		      /* out: no client requires it now */
	bool writing;		      /* the files are completed or removed off the loop */
	bool done;		      /* outcome of that */
	struct err err;
	struct suspended_state state;
	struct loop_timer *progress_timer; /* out: while QEMU writes */
	bool progress_asked;		   /* QEMU has not answered the last query */
};

struct sup_suspend *sup_suspend_new(void)
{
	return xcalloc(1, sizeof(struct sup_suspend));
}

void sup_suspend_free(struct sup_suspend *p)
{
	loop_timer_stop(p->progress_timer);
	suspended_fini(&p->state);
	free(p);
}

const char *sup_suspend_busy(const struct sup *s)
{
	return s->suspend->direction == SUSPEND_OUT ? "it is being suspended" : NULL;
}

bool sup_suspend_is_writing(const struct sup *s)
{
	return s->suspend->writing;
}

/* ---- progress ---- */

static void suspend_on_progress(const json_t *value, const char *error, void *arg)
{
	const json_t *ram = json_object_get(value, "ram");
	json_int_t total = json_int(ram, "total", 0);
	struct sup *s = arg;

	s->suspend->progress_asked = false;
	if (!error && s->suspend->progress_timer && total > 0)
		sup_send_bytes(s, "suspending", (uint64_t)(total - json_int(ram, "remaining", total)), (uint64_t)total);
}

static void suspend_on_progress_timer(void *arg)
{
	struct sup *s = arg;

	if (!s->suspend->progress_asked)
		s->suspend->progress_asked = sup_monitor_ask(s, "query-migrate", NULL, suspend_on_progress, s);
}

static void suspend_stop_progress(struct sup *s)
{
	loop_timer_stop(s->suspend->progress_timer);
	s->suspend->progress_timer = NULL;
}

/* ---- both directions ---- */

void sup_suspend_remove_part(struct sup *s)
{
	AUTO_FREE char *part = suspended_part_path(s->req.dir);

	unlink(part);
}

static void suspend_reset(struct sup *s)
{
	suspend_stop_progress(s);
	suspended_fini(&s->suspend->state);
	err_fini(&s->suspend->err);
	*s->suspend = (struct sup_suspend){.progress_asked = s->suspend->progress_asked};
}

static void suspend_on_resumed(const json_t *value, const char *error, void *arg)
{
	(void)value;
	if (!error)
		sup_pause_end(arg);
}

static void suspend_out_refuse(struct sup *s, const char *why, bool lost)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (s->suspend->cancelled) {
		err_set(&e, ERR_INTERRUPTED, "suspend-cancelled", "suspending %s was cancelled; it keeps running",
			s->req.name);
	} else {
		err_set(&e, ERR_FAILED, "suspend-failed", "%s could not be suspended: %s", s->req.name, why);
		if (lost)
			err_hint(&e, "debwiz kill %s", s->req.name);
		else
			err_hint(&e, "it %s; debwiz stop %s powers it down instead",
				 s->suspend->was_paused ? "stays paused" : "keeps running", s->req.name);
	}
	control_answer(s->control, s->suspend->ticket, &e, NULL);
}

/* Ends a suspension that failed: the guest continues as before. `lost`: the monitor is lost, and QEMU runs. */
static void suspend_out_end(struct sup *s, const char *text, bool lost)
{
	bool was_paused = s->suspend->was_paused;
	AUTO_FREE char *words = vm_sanitize(text, strlen(text), 300);

	log_msg("vm", "not suspended: %s", words);
	sup_suspend_remove_part(s);
	/* a machine that is being stopped, or has exited, answers by its exit */
	if (s->run.state != VM_STOPPING && (sup_monitor_is_connected(s) || lost))
		suspend_out_refuse(s, words, lost);
	suspend_reset(s);
	if (s->run.state != VM_SUSPENDING)
		return;
	if (lost) {
		sup_pause_begin(s, VM_CAUSE_MONITOR, "QEMU's monitor is lost, and the guest may be paused: kill it");
	} else if (was_paused) {
		sup_pause_again(s);
	} else if (!sup_monitor_ask(s, "cont", NULL, suspend_on_resumed, s)) {
		sup_monitor_sync(s);
	}
}

static void suspend_out_failed(struct sup *s, const char *text)
{
	suspend_out_end(s, text, false);
}

void sup_suspend_lost(struct sup *s)
{
	if (s->suspend->direction == SUSPEND_OUT && !s->suspend->writing)
		suspend_out_end(s, "QEMU's monitor is lost", true);
}

void sup_suspend_silent(struct sup *s, const struct err *e)
{
	if (s->suspend->direction != SUSPEND_OUT || s->suspend->writing)
		return;
	control_answer(s->control, s->suspend->ticket, e, NULL);
	s->suspend->ticket.client = 0;
	sup_suspend_cancel(s);
}

/* Returns whether the memory is a file, and not part of the state. */
static bool suspend_memory_is_apart(const struct sup *s)
{
	return s->req.shared_memory || (s->suspend->direction == SUSPEND_IN && *s->req.template);
}

static json_t *suspend_capabilities(const struct sup *s)
{
	json_t *list = json_pack("[{s:s, s:b}]", "capability", "events", "state", 1);

	if (suspend_memory_is_apart(s))
		json_array_append_new(list, json_pack("{s:s, s:b}", "capability", "x-ignore-shared", "state", 1));
	return json_pack("{s:o}", "capabilities", list);
}

/* Returns whether QEMU opens the file itself. DEBWIZ_SUSPEND=file or fd decides it, for tests. */
static bool suspend_is_by_path(const struct sup *s)
{
	const char *way = getenv("DEBWIZ_SUSPEND");

	return way && *way ? strcmp(way, "fd") != 0 : sup_monitor_version(s) >= QEMU_VERSION_FILE;
}

/* Opens the state's file for QEMU and prepares a migration. Returns its URI (owned), or NULL and *why, a sentence. */
static char *suspend_open(struct sup *s, const char *path, unsigned intent, const char **why)
{
	bool by_path = suspend_is_by_path(s), ok;
	int fd = file_open(path, intent); /* created here in either case, so that nothing else is there */

	*why = NULL;
	if (fd < 0) {
		*why = strerror(errno);
		return NULL;
	}
	if (!by_path && sup_monitor_is_connected(s) && !sup_monitor_takes_fd(s))
		*why = "this QEMU takes a state by its monitor's socket only, and its monitor is a TCP port; QEMU 8.2 "
		       "can do without";
	/* the file first: it can only be sent while nothing else is queued */
	ok = !*why && (by_path || sup_monitor_send_fd(s, FD_NAME, fd)) &&
	     sup_monitor_ask(s, "migrate-set-capabilities", suspend_capabilities(s), NULL, NULL) &&
	     sup_monitor_ask(s, "migrate-set-parameters", json_pack("{s:I}", "max-bandwidth", NO_LIMIT), NULL, NULL);
	close(fd);
	if (!ok && !*why)
		*why = "QEMU's monitor is not connected";
	return !ok ? NULL : by_path ? xasprintf("file:%s", path) : xstrdup("fd:" FD_NAME);
}

/* ---- out ---- */

static void suspend_on_migrating(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	(void)value;
	if (s->suspend->direction != SUSPEND_OUT)
		return;
	if (error)
		suspend_out_failed(s, error);
	else if (s->suspend->cancelled)
		sup_monitor_send(s, "migrate_cancel");
	else if (!s->suspend->writing)
		s->suspend->progress_timer =
			loop_timer_start(s->loop, EVERY_MS, EVERY_MS, suspend_on_progress_timer, s);
}

static void suspend_on_stopped(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	AUTO_FREE char *part = suspended_part_path(s->req.dir), *uri = NULL;
	const char *why = error;

	(void)value;
	if (s->suspend->direction != SUSPEND_OUT)
		return;
	unlink(part);
	if (!why && s->suspend->cancelled)
		why = "cancelled";
	if (!why)
		uri = suspend_open(s, part, FILE_NEW, &why);
	if (uri && !sup_monitor_ask(s, "migrate", json_pack("{s:s}", "uri", uri), suspend_on_migrating, s))
		why = "QEMU's monitor is not connected";
	if (why)
		suspend_out_failed(s, why);
}

/* "virt-7.2-machine" is the versioned name of the alias that the command line may have */
bool sup_suspend_describe(const struct sup *s, const char *type, struct suspended_state *out)
{
	const char *end = type ? strstr(type, "-machine") : NULL;
	json_t *request = vm_request_json(&s->req);
	AUTO_FREE char *name = NULL;
	bool ok = end && !end[8] && vm_request_from_json(&out->request, request) == 0;

	json_decref(request);
	if (!ok)
		return false;
	name = xstrndup(type, (size_t)(end - type));
	qemu_argv_pin_machine(&out->request.argv, name);
	free(out->request.snapshot);
	out->request.snapshot = xstrdup("");
	out->request.resume = false;
	/* from here on its memory is its own */
	free(out->request.template);
	out->request.template = xstrdup("");
	strv_fini(&out->request.memory);
	out->login = s->run.login;
	out->ready = s->run.ready;
	out->kernel = xstrdup(s->run.kernel);
	out->ip = xstrdup(s->run.ip);
	return true;
}

static void suspend_on_type(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (s->suspend->direction != SUSPEND_OUT)
		return;
	if (error || !sup_suspend_describe(s, json_string_value(value), &s->suspend->state)) {
		suspend_out_failed(s, error ? error : "QEMU does not name its machine type");
		return;
	}
	if (s->suspend->was_paused)
		suspend_on_stopped(NULL, NULL, s);
	else if (!sup_monitor_ask(s, "stop", NULL, suspend_on_stopped, s))
		suspend_out_failed(s, "QEMU's monitor is not connected");
}

void sup_suspend_begin(struct sup *s)
{
	json_t *what = json_pack("{s:s, s:s}", "path", "/machine", "property", "type");

	if (!sup_monitor_ask(s, "qom-get", what, suspend_on_type, s))
		suspend_out_failed(s, "QEMU's monitor is not connected");
}

void sup_suspend_request(struct sup *s, struct control_ticket t)
{
	if (!sup_monitor_is_ready(s)) {
		sup_refuse(s, t, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
		return;
	}
	s->suspend->direction = SUSPEND_OUT;
	s->suspend->ticket = t;
	s->suspend->was_paused = sup_is_paused(s);
	sup_event(s, VM_EV_SUSPEND);
}

void sup_suspend_cancel(struct sup *s)
{
	if (s->suspend->direction != SUSPEND_OUT || s->suspend->cancelled)
		return;
	s->suspend->cancelled = true;
	if (s->suspend->progress_timer) /* QEMU writes */
		sup_monitor_send(s, "migrate_cancel");
}

static void suspend_commit(void *arg)
{
	struct sup *s = arg;

	s->suspend->done = suspended_commit(s->req.dir, &s->suspend->state, &s->suspend->err) == 0;
}

static void suspend_on_committed(void *arg)
{
	struct sup *s = arg;

	s->suspend->writing = false;
	if (!s->suspend->done) {
		AUTO_FREE char *text = xstrdup(s->suspend->err.text);

		suspended_remove(s->req.dir, NULL);
		suspend_out_failed(s, text);
	} else {
		s->end.suspended = true;
		control_answer(s->control, s->suspend->ticket, NULL, NULL);
		suspend_reset(s);
		sup_event(s, VM_EV_SUSPENDED);
	}
	if (s->exited)
		sup_conclude(s);
}

static void suspend_on_why(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (s->suspend->direction == SUSPEND_OUT)
		suspend_out_failed(s, error ? error : json_str(value, "error-desc", "QEMU gave no reason"));
}

static void suspend_out_moved(struct sup *s, const char *status)
{
	if (!strcmp(status, "completed")) {
		s->suspend->writing = true;
		suspend_stop_progress(s);
		loop_work(s->loop, suspend_commit, suspend_on_committed, s);
	} else if (!strcmp(status, "cancelled")) {
		suspend_out_failed(s, "it was cancelled");
	} else if (!sup_monitor_ask(s, "query-migrate", NULL, suspend_on_why, s)) {
		suspend_out_failed(s, "QEMU gave no reason");
	}
}

/* ---- in ---- */

static void suspend_in_failed(struct sup *s, const char *why)
{
	AUTO_FREE char *text = xasprintf("%s could not be loaded%s%s",
					 *s->req.template ? "the template" : "the suspended state, which is kept,",
					 *why ? ": " : "", why);

	sup_fail(s, VM_CAUSE_RESUME_FAILED, text);
}

static void suspend_on_incoming(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	(void)value;
	if (error && s->suspend->direction == SUSPEND_IN && !s->end.adopted)
		suspend_in_failed(s, error);
}

void sup_resume_begin(struct sup *s)
{
	AUTO_FREE char *path = suspended_state_path(*s->req.template ? s->req.template : s->req.dir), *uri = NULL;
	const char *why;

	s->end.resuming = !*s->req.template;
	s->suspend->direction = SUSPEND_IN;
	uri = suspend_open(s, path, FILE_READ, &why);
	if (!uri || !sup_monitor_ask(s, "migrate-incoming", json_pack("{s:s}", "uri", uri), suspend_on_incoming, s))
		suspend_in_failed(s, why ? why : "QEMU's monitor is not connected");
}

static void suspend_remove(void *arg)
{
	struct sup *s = arg;

	s->suspend->done = suspended_remove(s->req.dir, &s->suspend->err) == 0;
}

static void suspend_on_removed(void *arg)
{
	struct sup *s = arg;
	bool gone = s->suspend->done;
	AUTO_FREE char *why = gone ? NULL : xstrdup(s->suspend->err.text);

	suspend_reset(s);
	if (!gone) {
		sup_fail(s, VM_CAUSE_RESUME_FAILED, why);
	} else {
		s->end.resuming = false;
		sup_seed_remove_empty(s);
		sup_monitor_resume(s);
	}
	if (s->exited)
		sup_conclude(s);
}

void sup_resume_finish(struct sup *s)
{
	struct suspended_state kept;

	if (*s->req.template) {
		suspend_reset(s);
		sup_monitor_resume(s);
		sup_clock_begin(s);
		return;
	}
	s->suspend->writing = true;
	if (suspended_read(s->req.dir, &kept, NULL) == 0) {
		s->run.login = kept.login;
		s->run.ready = kept.ready;
		free(s->run.kernel);
		s->run.kernel = xstrdup(kept.kernel);
		free(s->run.ip);
		s->run.ip = xstrdup(kept.ip);
		suspended_fini(&kept);
	}
	loop_work(s->loop, suspend_remove, suspend_on_removed, s);
}

static void suspend_in_moved(struct sup *s, const char *status)
{
	if (!strcmp(status, "completed"))
		sup_resume_finish(s);
	else
		suspend_in_failed(s, "");
}

void sup_suspend_migration(struct sup *s, const char *status)
{
	bool over = !strcmp(status, "completed") || !strcmp(status, "failed") || !strcmp(status, "cancelled");

	if (!over || s->suspend->writing)
		return;
	if (s->suspend->direction == SUSPEND_OUT)
		suspend_out_moved(s, status);
	else if (s->suspend->direction == SUSPEND_IN)
		suspend_in_moved(s, status);
}

void sup_suspend_end(struct sup *s)
{
	if (s->suspend->direction == SUSPEND_OUT)
		sup_suspend_remove_part(s);
	suspend_reset(s);
}
