/* SPDX-License-Identifier: MIT */
/*
 * run: the request and the record of a machine's last or present run (include/machine/run.h). The supervisor alone
 * writes the record, DIR/run.json; everyone reads it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/table.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/proc.h"
#include "machine/reported.h"
#include "machine/run.h"
#include "machine/suspended.h"

static const char *const run_state_names[VM_STATE_COUNT + 1] = {
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

#define REQUEST(member) .offset = offsetof(struct vm_request, member)

static const struct column request_table[] = {
	{"name", COLUMN_TEXT, REQUEST(name)},
	{"dir", COLUMN_TEXT, REQUEST(dir), .required = true},
	{"runtime_dir", COLUMN_TEXT, REQUEST(runtime_dir), .required = true},
	{"what", COLUMN_TEXT, REQUEST(what), "running"},
	{"accel", COLUMN_TEXT, REQUEST(accel)},
	{"seed", COLUMN_TEXT, REQUEST(seed)},
	{"known_hosts", COLUMN_TEXT, REQUEST(known_hosts)},
	{"hostname", COLUMN_TEXT, REQUEST(hostname)},
	{"ssh_host", COLUMN_TEXT, REQUEST(ssh_host)},
	{"snapshot", COLUMN_TEXT, REQUEST(snapshot)},
	{"template", COLUMN_TEXT, REQUEST(template)},
	{"tpm", COLUMN_TEXT, REQUEST(tpm)},
	{"virtiofsd", COLUMN_TEXT, REQUEST(virtiofsd)},
	{"virtiofs", COLUMN_LIST, REQUEST(virtiofs)},
	{"argv", COLUMN_LIST, REQUEST(argv), .required = true},
	{"memory", COLUMN_LIST, REQUEST(memory)},
	{"login_timeout", COLUMN_NUMBER, REQUEST(login_timeout)},
	{"start_timeout", COLUMN_NUMBER, REQUEST(start_timeout)},
	{"seed_size", COLUMN_NUMBER, REQUEST(seed_size)},
	{"rows", COLUMN_UINT, REQUEST(rows)},
	{"columns", COLUMN_UINT, REQUEST(columns)},
	{"configuring", COLUMN_BOOL, REQUEST(configuring)},
	{"power_line", COLUMN_BOOL, REQUEST(power_line)},
	{"adopt", COLUMN_BOOL, REQUEST(adopt)},
	{"resume", COLUMN_BOOL, REQUEST(resume)},
	{"seed_empty", COLUMN_BOOL, REQUEST(seed_empty)},
	{"shared_memory", COLUMN_BOOL, REQUEST(shared_memory)},
	{.key = NULL},
};

json_t *vm_request_json(const struct vm_request *r)
{
	json_t *o = json_pack("{s:i}", "format", 1);

	if (table_to_json(request_table, r, o) == 0)
		return o;
	json_decref(o);
	return NULL;
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
	*r = (struct vm_request){.name = NULL};
	table_from_json(request_table, r, o);
	if (json_int(o, "format", 0) == 1 && !table_missing(request_table, r))
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
	table_fini(request_table, r);
	*r = (struct vm_request){0};
}

/* ---- the record ---- */

#define RUN(member) .offset = offsetof(struct vm_run, member)

/* The members of run.json that are plain values. */
static const struct column run_table[] = {
	{"state", COLUMN_CHOICE, RUN(state), "failed", .choices = run_state_names},
	{"name", COLUMN_TEXT, RUN(name)},
	{"what", COLUMN_TEXT, RUN(what)},
	{"cause", COLUMN_TEXT, RUN(cause)},
	{"complaint", COLUMN_TEXT, RUN(complaint)},
	{"kernel", COLUMN_TEXT, RUN(kernel)},
	{"ip", COLUMN_TEXT, RUN(ip)},
	{"accel", COLUMN_TEXT, RUN(accel)},
	{"runtime_dir", COLUMN_TEXT, RUN(runtime_dir)},
	{"seed", COLUMN_TEXT, RUN(seed)},
	{"ssh", COLUMN_TEXT, RUN(ssh)},
	{"supervisor_pid", COLUMN_NUMBER, RUN(supervisor_pid)},
	{"supervisor_start", COLUMN_NUMBER, RUN(supervisor_start)},
	{"qemu_pid", COLUMN_NUMBER, RUN(qemu_pid)},
	{"qemu_start", COLUMN_NUMBER, RUN(qemu_start)},
	{"started", COLUMN_NUMBER, RUN(started)},
	{"ended", COLUMN_NUMBER, RUN(ended)},
	{"login", COLUMN_BOOL, RUN(login)},
	{"ready", COLUMN_BOOL, RUN(ready)},
	{.key = NULL},
};

json_t *vm_run_json(const struct vm_run *r)
{
	json_t *o = json_pack("{s:i}", "format", 1);

	(void)table_to_json(run_table, r, o);
	json_object_set_new(o, "cause_id", json_string(vm_cause_name(r->cause_id)));
	json_object_set_new(o, "settings", reported_read(r->settings));
	return o;
}

void vm_run_from_json(struct vm_run *r, const json_t *o)
{
	*r = (struct vm_run){
		.cause_id = vm_cause_find(json_str(o, "cause_id", "")),
		.settings = reported_read(json_object_get(o, "settings")),
	};
	table_from_json(run_table, r, o);
	if (r->cause_id == VM_CAUSE_NONE && r->state == VM_OFF && r->cause && !strcmp(r->cause, "killed"))
		r->cause_id = VM_CAUSE_KILLED; /* of a version that recorded the text alone */
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

/* Corrects a record of a running machine of which nothing runs: it was cut off. */
static void run_correct(struct vm_run *r)
{
	struct proc_id supervisor = {r->supervisor_pid, r->supervisor_start};
	bool over = vm_state_is_over(r->state);
	bool qemu = run_is_alive(r->qemu_pid, r->qemu_start);
	bool supervised = run_is_alive(r->supervisor_pid, r->supervisor_start);
	bool restarted = !proc_of_this_boot(&supervisor);
	AUTO_FREE char *cause = NULL;

	r->alive = !over && (qemu || supervised);
	r->orphan = r->alive && !supervised;
	if (over || r->alive)
		return;
	cause = xasprintf("%s%s%s", r->cause, *r->cause ? "; then " : "",
			  restarted ? "cut off: this host was restarted or lost power while it ran"
				    : "cut off: QEMU and its supervisor were killed");
	r->state = VM_FAILED;
	vm_run_set_cause(r, restarted ? VM_CAUSE_HOST_RESTARTED : VM_CAUSE_LOST, cause);
}

static bool run_was_cut_off(const struct vm_run *r)
{
	return r->cause_id == VM_CAUSE_LOST || r->cause_id == VM_CAUSE_HOST_RESTARTED;
}

/* Corrects a record that was cut off when the suspended state was complete on disk. */
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
		vm_run_from_json(out, o);
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

/* Kills the process if it still is the recorded one, and waits until it has exited. */
static int run_end_process(const char *dir, int64_t pid, uint64_t start, struct err *e)
{
	struct proc_id id = {.pid = pid, .start = start};

	if (!start || !run_is_alive(pid, start)) /* a pid alone may belong to another process by now */
		return 0;
	proc_signal_kill(&id);
	for (int waited = 0; proc_alive(&id); waited += END_STEP_MS) {
		if (waited >= END_MS)
			return err_set(e, ERR_BUSY, "busy", "pid %lld, which an earlier run left in %s, does not end",
				       (long long)pid, dir);
		host_wait(END_STEP_MS);
	}
	return 0;
}

int vm_run_end(const char *dir, struct err *e)
{
	struct vm_run run;
	int r;

	if (vm_run_read(dir, &run, NULL) < 0)
		return 0; /* an invalid record names no process */
	r = run_end_process(dir, run.supervisor_pid, run.supervisor_start, e);
	vm_run_fini(&run);
	/* a QEMU that it started last is in the record by now */
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
	table_fini(run_table, r);
	json_decref(r->settings);
	*r = (struct vm_run){0};
}
