/* SPDX-License-Identifier: MIT */
/*
 * snapshot: snapshots of the disk and the memory of a machine that runs, by QEMU's jobs
 * (qapi/migration.json, job.json) on the disk alone: what each needs is asked of QEMU first, then the
 * job runs to its end, and the guest goes on as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "machine/client.h"
#include "machine/snapshot_meta.h"
#include "sup.h"

#define TAG_MAX 63
#define JOB "debwiz"
#define NODE "disk" /* see qemu/devices.c */

bool vm_snapshot_tag_ok(const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(tag);

	/* qemu-img takes a number for the id that QEMU gave to some snapshot */
	return n && n <= TAG_MAX && strchr(letters, *tag) && !tag[strspn(tag, more)];
}

static void snapshot_snap_end(struct sup *s)
{
	free(s->snap.tag);
	suspended_fini(&s->snap.now);
	err_fini(&s->snap.err);
	sup_amount_stop(s);
	s->snap = (struct sup_snap){.op = SUP_SNAP_NONE};
	s->busy = NULL;
}

void sup_snap_fini(struct sup *s)
{
	snapshot_snap_end(s);
}

static void snapshot_snap_refuse(struct sup *s, enum err_kind kind, const char *id, const char *text)
{
	if (s->snap.op == SUP_SNAP_START)
		sup_fatal(s, vm_cause_find(id), text);
	else
		sup_refuse(s, s->snap.ticket, kind, id, "%s", text);
	snapshot_snap_end(s);
}

void sup_snap_lost(struct sup *s)
{
	if (s->snap.op && !s->snap.working)
		snapshot_snap_refuse(s, ERR_FAILED, "monitor", "QEMU's monitor is not connected");
}

void sup_snap_silent(struct sup *s, const struct err *e)
{
	if (!s->snap.op || s->snap.working)
		return;
	control_answer(s->control, s->snap.ticket, e, NULL);
	s->snap.ticket.client = 0;
}

/* The snapshots of the disk among what QEMU says of all block nodes; borrowed, may be NULL. */
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

/* ---- the job ---- */

/* The guest is as it was when the snapshot was made. */
static void snapshot_reverted(struct sup *s)
{
	struct suspended_state then;

	if (snapshot_meta_read(s->req.dir, s->snap.tag, &then, NULL) < 0)
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

bool sup_half_loaded(const struct sup *s)
{
	return s->paused && s->run.cause_id == VM_CAUSE_SNAPSHOT_FAILED;
}

bool sup_half_loaded_refuse(struct sup *s, struct control_ticket t)
{
	if (!sup_half_loaded(s))
		return false;
	sup_refuse(s, t, ERR_FAILED, "snapshot-failed", "%s is paused: %s", s->req.name, s->run.cause);
	return true;
}

void sup_half_loaded_forget(struct sup *s)
{
	if (sup_half_loaded(s))
		sup_stands_by(s, VM_CAUSE_PAUSED, "paused");
}

static void snapshot_job_failed(struct sup *s, const char *why)
{
	static const char half[] = "a snapshot was loaded in part: reset or kill it, or revert to another";
	char *text = xasprintf("QEMU could not do it: %s", why);
	bool loading = s->snap.op == SUP_SNAP_REVERT;

	snapshot_snap_refuse(s, ERR_FAILED, "snapshot-failed", text);
	free(text);
	if (!loading)
		sup_monitor_sync(s);
	else if (s->run.state == VM_PAUSED)
		sup_stands_by(s, VM_CAUSE_SNAPSHOT_FAILED, half);
	else
		sup_stands(s, VM_CAUSE_SNAPSHOT_FAILED, half);
}

static void snapshot_write_mark(void *arg)
{
	struct sup *s = arg;

	const char *dir = s->req.dir, *tag = s->snap.tag;

	if (s->snap.op == SUP_SNAP_REVERT)
		snapshot_meta_restore_files(dir, tag, true, &s->snap.err);
	else if (s->snap.op == SUP_SNAP_DELETE)
		(void)(snapshot_meta_remove(dir, tag, &s->snap.err) < 0 ||
		       snapshot_meta_remove_files(dir, tag, &s->snap.err));
	else if (snapshot_meta_save_files(dir, tag, &s->snap.err) == 0)
		snapshot_meta_write(dir, tag, &s->snap.now, &s->snap.err);
}

static void snapshot_answer_done(void *arg)
{
	struct sup *s = arg;

	s->snap.working = false;
	control_answer(s->control, s->snap.ticket, s->snap.err.kind ? &s->snap.err : NULL, NULL);
	snapshot_snap_end(s);
	if (s->exited)
		sup_judge(s);
	else
		sup_monitor_sync(s);
}

static void snapshot_job_done(struct sup *s)
{
	switch (s->snap.op) {
	case SUP_SNAP_START:
		snapshot_reverted(s);
		snapshot_snap_end(s);
		sup_seed_forget(s);
		sup_monitor_let_go(s);
		return;
	case SUP_SNAP_CREATE:
	case SUP_SNAP_DELETE:
		s->snap.working = true;
		loop_work(s->loop, snapshot_write_mark, snapshot_answer_done, s);
		return;
	case SUP_SNAP_REVERT:
		sup_half_loaded_forget(s);
		snapshot_reverted(s);
		s->snap.working = true;
		loop_work(s->loop, snapshot_write_mark, snapshot_answer_done, s);
		return;
	case SUP_SNAP_NONE:
	case SUP_SNAP_LIST:
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
	if (s->snap.op == SUP_SNAP_NONE)
		return;
	if (why)
		snapshot_job_failed(s, why);
	else
		snapshot_job_done(s);
}

void sup_job_changed(struct sup *s, const json_t *data)
{
	if (strcmp(json_str(data, "id", ""), JOB) != 0 || strcmp(json_str(data, "status", ""), "concluded") != 0)
		return;
	if (!sup_monitor_ask(s, "query-jobs", NULL, snapshot_on_jobs, s))
		sup_snap_lost(s);
}

static void snapshot_start_job(struct sup *s);

static void snapshot_on_job_started(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	(void)value;
	if (!error || !s->snap.op)
		return;
	if (s->snap.again || !strstr(error, "already in use")) {
		snapshot_job_failed(s, error);
		return;
	}
	s->snap.again = true;
	snapshot_dismiss_job(s);
	snapshot_start_job(s);
}

static void snapshot_start_job(struct sup *s)
{
	static const char *const commands[] = {
		[SUP_SNAP_CREATE] = "snapshot-save",
		[SUP_SNAP_REVERT] = "snapshot-load",
		[SUP_SNAP_DELETE] = "snapshot-delete",
		[SUP_SNAP_START] = "snapshot-load",
	};
	json_t *o = json_pack("{s:s, s:s, s:[s]}", "job-id", JOB, "tag", s->snap.tag, "devices", NODE);

	if (s->snap.op != SUP_SNAP_DELETE)
		json_object_set_new(o, "vmstate", json_string(NODE));
	/* measured from before it begins */
	if ((s->snap.op == SUP_SNAP_CREATE || s->snap.op == SUP_SNAP_REVERT) && !s->amount_timer)
		sup_amount_start(s);
	if (!sup_monitor_ask(s, commands[s->snap.op], o, snapshot_on_job_started, s))
		sup_snap_lost(s);
}

/* ---- what must hold before it ---- */

/* What the guest's memory does not depend on: the value behind such an option may differ. */
static bool snapshot_is_free(const char *option)
{
	static const char *const options[] = {"-append", "-chardev", "-fsdev", "-initrd",
					      "-kernel", "-name",    "-netdev"};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
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

/* Its settings are those of the time when the snapshot was made, where that is known. */
static bool snapshot_same_settings(const struct sup *s)
{
	struct suspended_state then;
	bool same;

	if (snapshot_meta_read(s->req.dir, s->snap.tag, &then, NULL) < 0)
		return true;
	same = snapshot_same_machine(&then.request.argv, &s->snap.now.request.argv);
	suspended_fini(&then);
	return same;
}

static void snapshot_on_type(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;

	if (!s->snap.op)
		return;
	if (error || !sup_pin(s, json_string_value(value), &s->snap.now))
		snapshot_snap_refuse(s, ERR_FAILED, "snapshot-failed",
				     error ? error : "QEMU does not name its machine type");
	else if (s->snap.op == SUP_SNAP_REVERT && !snapshot_same_settings(s))
		snapshot_snap_refuse(s, ERR_USAGE, "snapshot-other",
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
	control_answer(s->control, s->snap.ticket, NULL, json_pack("{s:o}", "snapshots", out));
	snapshot_snap_end(s);
}

static void snapshot_on_nodes(const json_t *value, const char *error, void *arg)
{
	struct sup *s = arg;
	const json_t *snapshots = snapshot_disk_snapshots(value);
	const json_t *one = s->snap.tag ? snapshot_find(snapshots, s->snap.tag) : NULL;

	if (!s->snap.op)
		return;
	s->snap.size = (uint64_t)json_int(one, "vm-state-size", 0);
	if (error)
		snapshot_snap_refuse(s, ERR_FAILED, "snapshot-failed", error);
	else if (s->snap.op == SUP_SNAP_LIST)
		snapshot_list_disk(s, snapshots);
	else if (s->snap.op == SUP_SNAP_CREATE && one)
		snapshot_snap_refuse(s, ERR_USAGE, "snapshot-exists", "there is a snapshot of that name already");
	else if (s->snap.op != SUP_SNAP_CREATE && !one)
		snapshot_snap_refuse(s, ERR_USAGE, "snapshot-missing", "there is no snapshot of that name");
	else if (s->snap.op == SUP_SNAP_REVERT && !s->snap.size)
		snapshot_snap_refuse(s, ERR_USAGE, "snapshot-offline",
				     "the snapshot was made while the machine was off: stop it, then revert");
	else if (s->snap.op == SUP_SNAP_DELETE)
		snapshot_start_job(s);
	else if (!sup_monitor_ask(s, "qom-get", json_pack("{s:s, s:s}", "path", "/machine", "property", "type"),
				  snapshot_on_type, s))
		sup_snap_lost(s);
}

void sup_snapshot_order(struct sup *s, enum sup_snap_op op, const char *tag, const char *busy, struct control_ticket t)
{
	if (op != SUP_SNAP_LIST && !vm_snapshot_tag_ok(tag)) {
		sup_refuse(s, t, ERR_USAGE, "snapshot-tag",
			   "a snapshot's name is a letter, then letters, digits, '.', '_' and '-'");
		return;
	}
	s->busy = busy;
	s->snap = (struct sup_snap){.op = op, .ticket = t, .tag = xstrdup(tag)};
	if (!sup_monitor_ask(s, "query-named-block-nodes", json_pack("{s:b}", "flat", 1), snapshot_on_nodes, s))
		sup_snap_lost(s);
}

void sup_snapshot_begin(struct sup *s)
{
	s->busy = "a snapshot is being loaded";
	s->snap = (struct sup_snap){.op = SUP_SNAP_START, .tag = xstrdup(s->req.snapshot)};
	snapshot_start_job(s);
}
