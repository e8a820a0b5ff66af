/* SPDX-License-Identifier: MIT */
/* snapshot_job: runs prepare/snapshot.h as work; a revert to a snapshot with memory ends with the machine's start. */
#include "snapshot_job.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tui/sessions.h"

struct snapshot_job {
	struct app *app;
	snapshot_job_done *done; /* NULL: detached */
	void *arg;
	struct spec spec;
	struct job job;
	bool changes;
	enum vm_snapshot_op op; /* if it changes something */
	char *tag;
	struct disk_snapshot *snapshots;
	size_t count;
	bool starts; /* the machine, at the snapshot */
	int result;
	struct err err;
};

static void snapshot_job_free(struct snapshot_job *j)
{
	disk_snapshots_fini(j->snapshots, j->count);
	job_fini(&j->job);
	spec_fini(&j->spec);
	err_fini(&j->err);
	free(j->tag);
	free(j);
}

static void snapshot_job_end(struct snapshot_job *j)
{
	struct snapshot_result result = {
		.error = j->result < 0 ? &j->err : NULL, .snapshots = j->snapshots, .count = j->count};

	job_unlock(&j->job); /* before the caller starts another job */
	if (j->done && !app_has_ended(j->app))
		j->done(&result, j->arg);
	snapshot_job_free(j);
}

static void snapshot_job_work(void *arg)
{
	struct snapshot_job *j = arg;

	if (j->changes)
		j->result = snapshot_change(&j->job, j->op, j->tag, &j->starts, &j->err);
	else
		j->result = snapshot_list(&j->job, &j->snapshots, &j->count, &j->err);
}

static void snapshot_job_on_started(const struct err *e, void *arg)
{
	struct snapshot_job *j = arg;

	if (e) {
		err_copy(&j->err, e);
		j->result = -1;
	}
	snapshot_job_end(j);
}

static void snapshot_job_after_work(void *arg)
{
	struct snapshot_job *j = arg;

	if (j->starts && !app_has_ended(j->app)) {
		j->result = snapshot_start(&j->job, j->tag, snapshot_job_on_started, j, &j->err);
		if (!j->result)
			return;
	}
	snapshot_job_end(j);
}

/* Starts the job; on an error it is freed. */
static struct snapshot_job *snapshot_job_start(struct snapshot_job *j, const char *ref, struct err *e)
{
	struct app *app = j->app;
	struct job_options options = {.goal = JOB_PREPARED};

	if (session_read(app_sessions(app)->conf, ref, &j->spec, e) < 0) {
		free(j->tag);
		free(j);
		return NULL;
	}
	if (job_init(&j->job, app_loop(app), app_catalog(app), app_store(app), &j->spec, &options, e) < 0) {
		snapshot_job_free(j);
		return NULL;
	}
	loop_work(app_loop(app), snapshot_job_work, snapshot_job_after_work, j);
	return j;
}

struct snapshot_job *snapshot_job_list(struct app *app, const char *ref, snapshot_job_done *done, void *arg,
				       struct err *e)
{
	struct snapshot_job *j = xcalloc(1, sizeof(*j));

	*j = (struct snapshot_job){.app = app, .done = done, .arg = arg};
	return snapshot_job_start(j, ref, e);
}

struct snapshot_job *snapshot_job_change(struct app *app, const char *ref, enum vm_snapshot_op op, const char *tag,
					 snapshot_job_done *done, void *arg, struct err *e)
{
	struct snapshot_job *j = xcalloc(1, sizeof(*j));

	*j = (struct snapshot_job){
		.app = app, .done = done, .arg = arg, .changes = true, .op = op, .tag = xstrdup(tag)};
	return snapshot_job_start(j, ref, e);
}

bool snapshot_job_changes(const struct snapshot_job *j)
{
	return j->changes;
}

void snapshot_job_detach(struct snapshot_job *j)
{
	j->done = NULL;
}
