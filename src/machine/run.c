/* SPDX-License-Identifier: MIT */
/*
 * run: the record of a machine's last or present run, DIR/run.json; see include/machine/run.h.
 * Written by the supervisor alone, read by everyone.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"
#include "machine/reported.h"
#include "machine/run.h"
#include "machine/suspended.h"

static const char *const run_state_names[VM_STATE_COUNT] = {
	[VM_STARTING] = "starting", [VM_BOOTING] = "booting",	    [VM_RUNNING] = "running",
	[VM_PAUSED] = "paused",	    [VM_SUSPENDING] = "suspending", [VM_STOPPING] = "stopping",
	[VM_OFF] = "off",	    [VM_SUSPENDED] = "suspended",   [VM_FAILED] = "failed",
};

bool vm_state_is_over(enum vm_state s)
{
	return s == VM_OFF || s == VM_SUSPENDED || s == VM_FAILED;
}

const char *vm_state_name(enum vm_state s)
{
	return run_state_names[s];
}

bool vm_state_find(const char *name, enum vm_state *out)
{
	for (int i = 0; i < VM_STATE_COUNT; i++) {
		if (strcmp(run_state_names[i], name) != 0)
			continue;
		*out = (enum vm_state)i;
		return true;
	}
	return false;
}

/* ---- the request ---- */

json_t *vm_request_json(const struct vm_request *r)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{"name", r->name},	   {"dir", r->dir},	      {"runtime_dir", r->runtime_dir},
		{"what", r->what},	   {"accel", r->accel},	      {"seed", r->seed},
		{"ssh_host", r->ssh_host}, {"snapshot", r->snapshot}, {"known_hosts", r->known_hosts},
		{"hostname", r->hostname},
	};
	json_t *o = json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b}", "format", 1, "login_timeout",
			      (json_int_t)r->login_timeout, "start_timeout", (json_int_t)r->start_timeout, "seed_size",
			      (json_int_t)r->seed_size, "rows", (json_int_t)r->rows, "columns", (json_int_t)r->columns,
			      "configuring", (int)r->configuring, "adopt", (int)r->adopt, "resume", (int)r->resume);
	json_t *argv = json_array();
	bool ok = json_object_set_new(o, "seed_empty", json_boolean(r->seed_empty)) == 0;

	for (size_t i = 0; i < r->argv.len; i++)
		ok = json_array_append_new(argv, json_string(r->argv.items[i])) == 0 && ok;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ok = json_object_set_new(o, texts[i].key, json_string(texts[i].value ? texts[i].value : "")) == 0 && ok;
	json_object_set_new(o, "argv", argv);
	if (!ok) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int vm_request_write(const struct vm_request *r, const char *path, struct err *e)
{
	json_t *o = vm_request_json(r);
	int result;

	if (!o)
		return err_set(e, ERR_USAGE, "not-utf8", "a name, path or argument of the machine is not valid UTF-8");
	result = json_write(path, o, e);
	json_decref(o);
	return result;
}

int vm_request_from_json(struct vm_request *r, const json_t *o)
{
	json_t *argv = json_object_get(o, "argv");

	*r = (struct vm_request){
		.name = xstrdup(json_str(o, "name", "")),
		.dir = xstrdup(json_str(o, "dir", "")),
		.runtime_dir = xstrdup(json_str(o, "runtime_dir", "")),
		.what = xstrdup(json_str(o, "what", "running")),
		.accel = xstrdup(json_str(o, "accel", "")),
		.seed = xstrdup(json_str(o, "seed", "")),
		.known_hosts = xstrdup(json_str(o, "known_hosts", "")),
		.hostname = xstrdup(json_str(o, "hostname", "")),
		.ssh_host = xstrdup(json_str(o, "ssh_host", "")),
		.snapshot = xstrdup(json_str(o, "snapshot", "")),
		.login_timeout = (uint64_t)json_int(o, "login_timeout", 0),
		.start_timeout = (uint64_t)json_int(o, "start_timeout", 0),
		.seed_size = (uint64_t)json_int(o, "seed_size", 0),
		.rows = (unsigned)json_int(o, "rows", 0),
		.columns = (unsigned)json_int(o, "columns", 0),
		.configuring = json_bool(o, "configuring", false),
		.adopt = json_bool(o, "adopt", false),
		.resume = json_bool(o, "resume", false),
		.seed_empty = json_bool(o, "seed_empty", false),
	};
	for (size_t i = 0; i < json_array_size(argv); i++) {
		const char *item = json_string_value(json_array_get(argv, i));

		strv_add(&r->argv, item ? item : "");
	}
	if (json_int(o, "format", 0) == 1 && *r->dir && *r->runtime_dir && r->argv.len)
		return 0;
	vm_request_fini(r);
	return -1;
}

int vm_request_read(struct vm_request *r, const char *path, struct err *e)
{
	json_t *o = json_read(path, e);
	int result = o ? vm_request_from_json(r, o) : -1;

	if (o && result < 0)
		err_set(e, ERR_FAILED, "request-bad", "%s is not a request to run a machine", path);
	json_decref(o);
	return result;
}

void vm_request_fini(struct vm_request *r)
{
	if (!r)
		return;
	free(r->name);
	free(r->dir);
	free(r->runtime_dir);
	free(r->what);
	free(r->accel);
	strv_fini(&r->argv);
	free(r->seed);
	free(r->known_hosts);
	free(r->hostname);
	free(r->ssh_host);
	free(r->snapshot);
	*r = (struct vm_request){0};
}

/* ---- the record ---- */

json_t *vm_run_json(const struct vm_run *r)
{
	json_t *o = json_object();
	const struct {
		const char *key, *value;
	} texts[] = {
		{"state", vm_state_name(r->state)},
		{"name", r->name},
		{"what", r->what},
		{"cause", r->cause},
		{"cause_id", vm_cause_name(r->cause_id)},
		{"complaint", r->complaint},
		{"kernel", r->kernel},
		{"ip", r->ip},
		{"accel", r->accel},
		{"runtime_dir", r->runtime_dir},
		{"seed", r->seed},
		{"ssh", r->ssh},
	};
	const struct {
		const char *key;
		json_int_t value;
	} numbers[] = {
		{"format", 1},
		{"supervisor_pid", r->supervisor_pid},
		{"supervisor_start", (json_int_t)r->supervisor_start},
		{"qemu_pid", r->qemu_pid},
		{"qemu_start", (json_int_t)r->qemu_start},
		{"started", r->started},
		{"ended", r->ended},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_object_set_new(o, texts[i].key, json_string(texts[i].value ? texts[i].value : ""));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_object_set_new(o, numbers[i].key, json_integer(numbers[i].value));
	json_object_set_new(o, "login", json_boolean(r->login));
	json_object_set_new(o, "ready", json_boolean(r->ready));
	json_object_set_new(o, "settings", reported_read(r->settings));
	return o;
}

static void run_from_json(struct vm_run *r, const json_t *o)
{
	*r = (struct vm_run){
		.name = xstrdup(json_str(o, "name", "")),
		.what = xstrdup(json_str(o, "what", "")),
		.supervisor_pid = json_int(o, "supervisor_pid", 0),
		.supervisor_start = (uint64_t)json_int(o, "supervisor_start", 0),
		.qemu_pid = json_int(o, "qemu_pid", 0),
		.qemu_start = (uint64_t)json_int(o, "qemu_start", 0),
		.started = json_int(o, "started", 0),
		.ended = json_int(o, "ended", 0),
		.login = json_bool(o, "login", false),
		.ready = json_bool(o, "ready", false),
		.cause = xstrdup(json_str(o, "cause", "")),
		.cause_id = vm_cause_find(json_str(o, "cause_id", "")),
		.complaint = xstrdup(json_str(o, "complaint", "")),
		.kernel = xstrdup(json_str(o, "kernel", "")),
		.ip = xstrdup(json_str(o, "ip", "")),
		.accel = xstrdup(json_str(o, "accel", "")),
		.runtime_dir = xstrdup(json_str(o, "runtime_dir", "")),
		.seed = xstrdup(json_str(o, "seed", "")),
		.ssh = xstrdup(json_str(o, "ssh", "")),
		.settings = reported_read(json_object_get(o, "settings")),
	};
	if (!vm_state_find(json_str(o, "state", ""), &r->state))
		r->state = VM_FAILED;
}

void vm_run_set_cause(struct vm_run *r, enum vm_cause id, const char *text)
{
	free(r->cause);
	r->cause = xstrdup(text);
	r->cause_id = id;
}

void vm_run_take_settings(struct vm_run *r, struct vm_run *old)
{
	free(r->seed);
	json_decref(r->settings);
	r->seed = old->seed;
	r->settings = old->settings;
	old->seed = NULL;
	old->settings = NULL;
}

void vm_run_complaints(const struct vm_run *r, struct strv *out)
{
	if (r->seed && !strcmp(r->seed, "failed") && r->cause_id == VM_CAUSE_SEED_FAILED)
		strv_add(out, r->cause);
	else
		reported_lines(r->settings, "failed", out);
	reported_lines(r->settings, "warned", out);
}

#define END_MS 5000
#define END_STEP_MS 10

static bool run_is_alive(int64_t pid, uint64_t start)
{
	struct proc_id id = {.pid = pid, .start = start};

	return pid > 0 && proc_alive(&id);
}

/* A record that says running while nothing of it runs: it was cut off. */
static void run_correct(struct vm_run *r)
{
	struct proc_id supervisor = {r->supervisor_pid, r->supervisor_start};
	bool over = vm_state_is_over(r->state);
	bool qemu = run_is_alive(r->qemu_pid, r->qemu_start);
	bool looked_after = run_is_alive(r->supervisor_pid, r->supervisor_start);
	bool restarted = !proc_of_this_boot(&supervisor);
	char *cause;

	r->alive = !over && (qemu || looked_after);
	r->orphan = r->alive && !looked_after;
	if (over || r->alive)
		return;
	cause = xasprintf("%s%s%s", r->cause, *r->cause ? "; then " : "",
			  restarted ? "cut off: this host was restarted or lost power while it ran"
				    : "cut off: QEMU and its supervisor were killed");
	r->state = VM_FAILED;
	vm_run_set_cause(r, restarted ? VM_CAUSE_HOST_RESTARTED : VM_CAUSE_LOST, cause);
	free(cause);
}

static bool run_was_cut_off(const struct vm_run *r)
{
	return r->cause_id == VM_CAUSE_LOST || r->cause_id == VM_CAUSE_HOST_RESTARTED;
}

/* Cut off when its suspended state was whole on disk. */
static void run_resumable(struct vm_run *r)
{
	r->state = VM_SUSPENDED;
	vm_run_set_cause(r, VM_CAUSE_NONE, "the next boot resumes it");
}

int vm_run_read(const char *dir, struct vm_run *out, struct err *e)
{
	char *path = file_join(dir, "run.json");
	struct err mine = ERR_INIT;
	json_t *o = json_read(path, &mine);
	int r = 0;

	free(path);
	if (!o && !strcmp(mine.id, "file-missing")) {
		o = json_pack("{s:s}", "state", vm_state_name(VM_OFF));
	} else if (!o) {
		r = err_move(e, &mine);
	}
	err_fini(&mine);
	if (!r) {
		run_from_json(out, o);
		run_correct(out);
		if (out->state == VM_FAILED && !out->alive && run_was_cut_off(out) && suspended_exists(dir))
			run_resumable(out);
	}
	json_decref(o);
	return r;
}

bool vm_run_alive(const char *dir)
{
	struct vm_run run;
	bool alive;

	if (vm_run_read(dir, &run, NULL) < 0)
		return false;
	alive = run.alive;
	vm_run_fini(&run);
	return alive;
}

/* Kills the process if it is still the one that was recorded, and waits until it is gone. */
static int run_end_process(const char *dir, int64_t pid, uint64_t start, struct err *e)
{
	struct proc_id id = {.pid = pid, .start = start};

	if (!start || !run_is_alive(pid, start)) /* a pid alone may be anybody's by now */
		return 0;
	proc_signal_kill(&id);
	for (int waited = 0; proc_alive(&id); waited += END_STEP_MS) {
		if (waited >= END_MS)
			return err_set(e, ERR_BUSY, "busy", "pid %lld, which an earlier run left in %s, does not end",
				       (long long)pid, dir);
		poll(NULL, 0, END_STEP_MS);
	}
	return 0;
}

int vm_run_end(const char *dir, struct err *e)
{
	struct vm_run run;
	int r;

	if (vm_run_read(dir, &run, NULL) < 0)
		return 0; /* a record that says nothing names nobody */
	r = run_end_process(dir, run.supervisor_pid, run.supervisor_start, e);
	vm_run_fini(&run);
	/* what it started last is in the record by now, or never will be */
	if (!r && vm_run_read(dir, &run, NULL) == 0) {
		r = run_end_process(dir, run.qemu_pid, run.qemu_start, e);
		vm_run_fini(&run);
	}
	return r;
}

void vm_run_fini(struct vm_run *r)
{
	if (!r)
		return;
	free(r->name);
	free(r->what);
	free(r->cause);
	free(r->complaint);
	free(r->kernel);
	free(r->ip);
	free(r->accel);
	free(r->runtime_dir);
	free(r->ssh);
	free(r->seed);
	json_decref(r->settings);
	*r = (struct vm_run){0};
}
