/* SPDX-License-Identifier: MIT */
/* snapshot_job: lists or changes the snapshots of a machine that is off, on a pool thread. */
#ifndef TUI_SNAPSHOT_JOB_H
#define TUI_SNAPSHOT_JOB_H

#include "prepare/snapshot.h"
#include "tui/toolkit/app.h"

struct snapshot_job;

struct snapshot_result {
	const struct err *error;	       /* NULL: it worked */
	const struct disk_snapshot *snapshots; /* of a listing, oldest first */
	size_t count;
};
/* Called once from the loop, unless the job was detached or the program ends; the job is freed afterwards. */
typedef void snapshot_job_done(const struct snapshot_result *result, void *arg);

/* Start it; `ref` is NAME or FILE. NULL with e if the machine's file cannot be read. */
struct snapshot_job *snapshot_job_list(struct app *app, const char *ref, snapshot_job_done *done, void *arg,
				       struct err *e);
struct snapshot_job *snapshot_job_change(struct app *app, const char *ref, enum vm_snapshot_op op, const char *tag,
					 snapshot_job_done *done, void *arg, struct err *e);
/* Whether it changes something. */
bool snapshot_job_changes(const struct snapshot_job *j);
/* Lets the job end without its caller: `done` is no longer called. */
void snapshot_job_detach(struct snapshot_job *j);

#endif
