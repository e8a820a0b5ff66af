/* SPDX-License-Identifier: MIT */
/*
 * snapshot: snapshots of the disk and the memory of a running machine, by QEMU's jobs (qapi/migration.json, job.json)
 * on the disk alone. Each begins with questions to QEMU, then the job runs to its end, and the guest continues as
 * before.
 */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"
#include "life.h"
#include "machine/client.h"
#include "machine/snapshot_meta.h"
#include "monitor.h"
#include "orders.h"
#include "seed.h"
#include "sup.h"
#include "suspend.h"

#define TAG_MAX 63
#define JOB "debwiz"
#define NODE "disk"  /* see qemu/argv_devices.c */
#define EVERY_MS 250 /* between two reports of its progress */

struct sup_snapshot {
	enum sup_snapshot_op op;
	struct control_ticket ticket;
	char *tag;
	uint64_t size;		    /* bytes of its memory, if it is loaded */
	bool writing;		    /* its files are written or removed off the loop */
	struct err err;		    /* outcome of that */
	bool retried;		    /* after a job of an earlier supervisor was dismissed */
	struct suspended_state now; /* how the machine is run */
	struct loop_timer *progress_timer;
	uint64_t progress_begin; /* bytes when the job began */
};

struct sup_snapshot *sup_snapshot_new(void)
{
	return xcalloc(1, sizeof(struct sup_snapshot));
}

void sup_snapshot_free(struct sup_snapshot *p)
{
	loop_timer_stop(p->progress_timer);
	free(p);
}

bool vm_snapshot_tag_ok(const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(tag);

	/* a letter first: qemu-img takes a number for a snapshot's id */
	return n && n <= TAG_MAX && strchr(letters, *tag) && !tag[strspn(tag, more)];
}

void sup_snapshot_end(struct sup *s)
{
	struct sup_snapshot *p = s->snapshot;

	free(p->tag);
	suspended_fini(&p->now);
	err_fini(&p->err);
	loop_timer_stop(p->progress_timer);
	*p = (struct sup_snapshot){.op = SUP_SNAPSHOT_NONE};
}

const char *sup_snapshot_busy(const struct sup *s)
{
	static const char *const texts[] = {
		[SUP_SNAPSHOT_NONE] = NULL,
		[SUP_SNAPSHOT_LIST] = "its snapshots are being listed",
		[SUP_SNAPSHOT_CREATE] = "a snapshot is being made",
		[SUP_SNAPSHOT_REVERT] = "a snapshot is being loaded",
		[SUP_SNAPSHOT_DELETE] = "a snapshot is being deleted",
		[SUP_SNAPSHOT_START] = "a snapshot is being loaded",
	};

	return texts[s->snapshot->op];
}

bool sup_snapshot_is_writing(const struct sup *s)
{
	return s->snapshot->writing;
}

bool sup_snapshot_job_runs(const struct sup *s)
{
	return s->snapshot->op && !s->snapshot->writing;
}

static void snapshot_refuse(struct sup *s, enum err_kind kind, const char *id, const char *text)
{
	if (s->snapshot->op == SUP_SNAPSHOT_START)
		sup_fail(s, vm_cause_find(id), text);
	else
		sup_refuse(s, s->snapshot->ticket, kind, id, "%s", text);
	sup_snapshot_end(s);
}

void sup_snapshot_lost(struct sup *s)
{
	if (sup_snapshot_job_runs(s))
		snapshot_refuse(s, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
}

void sup_snapshot_silent(struct sup *s, const struct err *e)
{
	if (!sup_snapshot_job_runs(s))
		return;
	control_answer(s->control, s->snapshot->ticket, e, NULL);
	s->snapshot->ticket.client = 0;
}

/* Returns the disk's snapshots in QEMU's list of block nodes; borrowed, may be NULL. */
static const json_t *snapshot_disk_snapshots(const json_t *nodes)
{
	const json_t *node;
	size_t i;

	json_array_foreach (nodes, i, node)
		if (!strcmp(json_str(node, "node-name", ""), NODE))
			return json_object_get(json_object_get(node, "image"), "snapshots");
	return NULL;
}

static const json_t *snapshot_find(const json_t *snapshots, const char *tag)
{
	const json_t *one;
	size_t i;

	json_array_foreach (snapshots, i, one)
		if (!strcmp(json_str(one, "name", ""), tag))
			return one;
	return NULL;
}

/* ---- progress ---- */

/* The monitor does not answer while the job runs. These are the bytes that the disk takes on the host, or that QEMU
 * has read. */
static uint64_t snapshot_disk_bytes(const struct sup *s)
{
	AUTO_FREE char *path = file_join(s->req.dir, "disk.qcow2");
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static uint64_t snapshot_read_bytes(const struct sup *s)
{
	uint64_t bytes;

	proc_read(s->run.qemu_pid, &bytes);
	return bytes;
}

uint64_t sup_snapshot_activity(const struct sup *s)
{
	return snapshot_read_bytes(s) + snapshot_disk_bytes(s);
}

static uint64_t snapshot_bytes(const struct sup *s)
{
	return s->snapshot->op == SUP_SNAPSHOT_REVERT ? snapshot_read_bytes(s) : snapshot_disk_bytes(s);
}

static void snapshot_on_progress_timer(void *arg)
{
	struct sup *s = arg;
	const struct sup_snapshot *p = s->snapshot;
	bool loads = p->op == SUP_SNAPSHOT_REVERT;
	uint64_t now = snapshot_bytes(s);
	uint64_t done = now > p->progress_begin ? now - p->progress_begin : 0;

	if (loads && done > p->size)
		done = p->size;
	sup_send_bytes(s, loads ? "reverting" : "snapshotting", done, loads ? p->size : 0);
}

static void snapshot_start_progress(struct sup *s)
{
	s->snapshot->progress_begin = snapshot_bytes(s);
	s->snapshot->progress_timer = loop_timer_start(s->loop, EVERY_MS, EVERY_MS, snapshot_on_progress_timer, s);
}

/* ---- the job ---- */

/* Restores what the record knew when the snapshot was created. */
static void snapshot_reverted(struct sup *s)
{
	struct suspended_state then;

	if (snapshot_meta_read(s->req.dir, s->snapshot->tag, &then, NULL) < 0)
		return;
	s->run.login = then.login;
	s->run.ready = then.ready;
	suspended_fini(&then);
	if (s->run.state == VM_RUNNING && !s->run.login && !s->run.ready)
		sup_event(s, VM_EV_RESET);
	else if (s->run.state == VM_BOOTING && (s->run.login || s->run.ready))
		sup_event(s, VM_EV_LOGIN);
	sup_save(s);
}

bool sup_snapshot_is_partial(const struct sup *s)
{
	return sup_is_paused(s) && s->run.cause_id == VM_CAUSE_SNAPSHOT_FAILED;
}

bool sup_snapshot_refuse_partial(struct sup *s, struct control_ticket t)
{
	if (!sup_snapshot_is_partial(s))
		return false;
	sup_refuse(s, t, ERR_FAILED, "snapshot-failed", "%s is paused: %s", s->req.name, s->run.cause);
	return true;
}

void sup_snapshot_clear_partial(struct sup *s)
{
	if (sup_snapshot_is_partial(s))
		sup_pause_set_cause(s, VM_CAUSE_PAUSED, "paused");
}

static void snapshot_job_failed(struct sup *s, const char *why)
{
	static const char half[] = "a snapshot was loaded in part: reset or kill it, or revert to another";
	AUTO_FREE char *text = xasprintf("QEMU could not do it: %s", why);
	bool loading = s->snapshot->op == SUP_SNAPSHOT_REVERT;

	snapshot_refuse(s, ERR_FAILED, "snapshot-failed", text);
	if (!loading)
		sup_monitor_sync(s);
	else if (s->run.state == VM_PAUSED)
		sup_pause_set_cause(s, VM_CAUSE_SNAPSHOT_FAILED, half);
	else
		sup_pause_begin(s, VM_CAUSE_SNAPSHOT_FAILED, half);
}

static void snapshot_write_files(void *arg)
{
	struct sup *s = arg;

	const char *dir = s->req.dir, *tag = s->snapshot->tag;

	if (s->snapshot->op == SUP_SNAPSHOT_REVERT)
		snapshot_meta_restore_files(dir, tag, true, &s->snapshot->err);
	else if (s->snapshot->op == SUP_SNAPSHOT_DELETE)
		(void)(snapshot_meta_remove(dir, tag, &s->snapshot->err) < 0 ||
		       snapshot_meta_remove_files(dir, tag, &s->snapshot->err));
	else if (snapshot_meta_save_files(dir, tag, &s->snapshot->err) == 0)
		snapshot_meta_write(dir, tag, &s->snapshot->now, &s->snapshot->err);
}

static void snapshot_answer_done(void *arg)
{
	struct sup *s = arg;

	s->snapshot->writing = false;
	control_answer(s->control, s->snapshot->ticket, s->snapshot->err.kind ? &s->snapshot->err : NULL, NULL);
	sup_snapshot_end(s);
	if (s->exited)
		sup_conclude(s);
	else
		sup_monitor_sync(s);
}

static void snapshot_job_done(struct sup *s)
{
	switch (s->snapshot->op) {
	case SUP_SNAPSHOT_START:
		snapshot_reverted(s);
		sup_snapshot_end(s);
		sup_seed_remove_empty(s);
		sup_monitor_resume(s);
		return;
	case SUP_SNAPSHOT_CREATE:
	case SUP_SNAPSHOT_DELETE:
		s->snapshot->writing = true;
		loop_work(s->loop, snapshot_write_files, snapshot_answer_done, s);
		return;
	case SUP_SNAPSHOT_REVERT:
		sup_snapshot_clear_partial(s);
		snapshot_reverted(s);
		s->snapshot->writing = true;
		loop_work(s->loop, snapshot_write_files, snapshot_answer_done, s);
		return;
	case SUP_SNAPSHOT_NONE:
	case SUP_SNAPSHOT_LIST:
		break;
	}
	snapshot_answer_done(s);
}

static void snapshot_dismiss_job(struct sup *s)
{
	sup_monitor_ask(s, "job-dismiss", json_pack("{s:s}", "id", JOB), NULL, NULL);
}

static void snapshot_on_jobs(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	const char *why = error;
	const json_t *one;
	size_t i;

	json_array_foreach (value, i, one)
		if (!strcmp(json_str(one, "id", ""), JOB))
			why = json_str(one, "error", NULL);
	snapshot_dismiss_job(s);
	if (s->snapshot->op == SUP_SNAPSHOT_NONE)
		return;
	if (why)
		snapshot_job_failed(s, why);
	else
		snapshot_job_done(s);
}

void sup_snapshot_job_changed(struct sup *s, const json_t *data)
{
	if (strcmp(json_str(data, "id", ""), JOB) != 0 || strcmp(json_str(data, "status", ""), "concluded") != 0)
		return;
	if (!sup_monitor_ask(s, "query-jobs", NULL, snapshot_on_jobs, s))
		sup_snapshot_lost(s);
}

static void snapshot_start_job(struct sup *s);

static void snapshot_on_job_started(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	(void)value;
	if (!error || !s->snapshot->op)
		return;
	if (s->snapshot->retried || !strstr(error, "already in use")) {
		snapshot_job_failed(s, error);
		return;
	}
	s->snapshot->retried = true;
	snapshot_dismiss_job(s);
	snapshot_start_job(s);
}

static void snapshot_start_job(struct sup *s)
{
	static const char *const commands[] = {
		[SUP_SNAPSHOT_CREATE] = "snapshot-save",
		[SUP_SNAPSHOT_REVERT] = "snapshot-load",
		[SUP_SNAPSHOT_DELETE] = "snapshot-delete",
		[SUP_SNAPSHOT_START] = "snapshot-load",
	};
	json_t *o = json_pack("{s:s, s:s, s:[s]}", "job-id", JOB, "tag", s->snapshot->tag, "devices", NODE);

	if (s->snapshot->op != SUP_SNAPSHOT_DELETE)
		json_object_set_new(o, "vmstate", json_string(NODE));
	/* measured from before the job */
	if ((s->snapshot->op == SUP_SNAPSHOT_CREATE || s->snapshot->op == SUP_SNAPSHOT_REVERT) &&
	    !s->snapshot->progress_timer)
		snapshot_start_progress(s);
	if (!sup_monitor_ask(s, commands[s->snapshot->op], o, snapshot_on_job_started, s))
		sup_snapshot_lost(s);
}

/* ---- conditions ---- */

/* Returns whether the guest's memory does not depend on the value of that option, which may then differ. */
static bool snapshot_is_free(const char *option)
{
	static const char *const options[] = {"-append", "-chardev", "-fsdev", "-initrd",
					      "-kernel", "-name",    "-netdev"};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(options[i], option))
			return true;
	return false;
}

static bool snapshot_same_machine(const struct strv *a, const struct strv *b)
{
	bool same = a->len == b->len;

	for (size_t i = 0; same && i < a->len; i++)
		same = !strcmp(a->items[i], b->items[i]) || (i && snapshot_is_free(a->items[i - 1]));
	return same;
}

/* Compares the settings with those recorded for the snapshot; true if nothing is recorded. */
static bool snapshot_same_settings(const struct sup *s)
{
	struct suspended_state then;
	bool same;

	if (snapshot_meta_read(s->req.dir, s->snapshot->tag, &then, NULL) < 0)
		return true;
	same = snapshot_same_machine(&then.request.argv, &s->snapshot->now.request.argv);
	suspended_fini(&then);
	return same;
}

static void snapshot_on_type(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (!s->snapshot->op)
		return;
	if (error || !sup_suspend_describe(s, json_string_value(value), &s->snapshot->now))
		snapshot_refuse(s, ERR_FAILED, "snapshot-failed",
				error ? error : "QEMU does not name its machine type");
	else if (s->snapshot->op == SUP_SNAPSHOT_REVERT && !snapshot_same_settings(s))
		snapshot_refuse(s, ERR_USAGE, "snapshot-other",
				"the snapshot is of this machine with other settings: stop it, then revert");
	else
		snapshot_start_job(s);
}

static void snapshot_list_disk(struct sup *s, const json_t *snapshots)
{
	json_t *out = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach (snapshots, i, one)
		json_array_append_new(out, json_pack("{s:s, s:I, s:b, s:I}", "tag", json_str(one, "name", ""), "date",
						     json_int(one, "date-sec", 0), "memory",
						     json_int(one, "vm-state-size", 0) > 0, "size",
						     json_int(one, "vm-state-size", 0)));
	control_answer(s->control, s->snapshot->ticket, NULL, json_pack("{s:o}", "snapshots", out));
	sup_snapshot_end(s);
}

static void snapshot_on_nodes(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	const json_t *snapshots = snapshot_disk_snapshots(value);
	const json_t *one = s->snapshot->tag ? snapshot_find(snapshots, s->snapshot->tag) : NULL;

	if (!s->snapshot->op)
		return;
	s->snapshot->size = (uint64_t)json_int(one, "vm-state-size", 0);
	if (error)
		snapshot_refuse(s, ERR_FAILED, "snapshot-failed", error);
	else if (s->snapshot->op == SUP_SNAPSHOT_LIST)
		snapshot_list_disk(s, snapshots);
	else if (s->snapshot->op == SUP_SNAPSHOT_CREATE && one)
		snapshot_refuse(s, ERR_USAGE, "snapshot-exists", "there is a snapshot of that name already");
	else if (s->snapshot->op != SUP_SNAPSHOT_CREATE && !one)
		snapshot_refuse(s, ERR_USAGE, "snapshot-missing", "there is no snapshot of that name");
	else if (s->snapshot->op == SUP_SNAPSHOT_REVERT && !s->snapshot->size)
		snapshot_refuse(s, ERR_USAGE, "snapshot-offline",
				"the snapshot was made while the machine was off: stop it, then revert");
	else if (s->snapshot->op == SUP_SNAPSHOT_DELETE)
		snapshot_start_job(s);
	else if (!sup_monitor_ask(s, "qom-get", json_pack("{s:s, s:s}", "path", "/machine", "property", "type"),
				  snapshot_on_type, s))
		sup_snapshot_lost(s);
}

void sup_snapshot_request(struct sup *s, enum sup_snapshot_op op, const char *tag, struct control_ticket t)
{
	if (op != SUP_SNAPSHOT_LIST && !vm_snapshot_tag_ok(tag)) {
		sup_refuse(s, t, ERR_USAGE, "snapshot-tag",
			   "a snapshot's name is a letter, then letters, digits, '.', '_' and '-'");
		return;
	}
	*s->snapshot = (struct sup_snapshot){.op = op, .ticket = t, .tag = xstrdup(tag)};
	if (!sup_monitor_ask(s, "query-named-block-nodes", json_pack("{s:b}", "flat", 1), snapshot_on_nodes, s))
		sup_snapshot_lost(s);
}

void sup_snapshot_load(struct sup *s)
{
	*s->snapshot = (struct sup_snapshot){.op = SUP_SNAPSHOT_START, .tag = xstrdup(s->req.snapshot)};
	snapshot_start_job(s);
}
