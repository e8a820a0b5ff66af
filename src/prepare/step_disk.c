/* SPDX-License-Identifier: MIT */
/*
 * step disk: creates the machine's disk once, as an overlay of its base, or as a full copy if the file asks for a
 * standalone one. Later runs check it, and grow it if the file asks for more; they never replace it.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_steps.h"
#include "machine/pending.h"
#include "prepare/steps.h"

#define PROGRESS_MS 200

struct making {
	struct step_run *run;
	struct job *job;
	struct loop_timer *timer; /* while a standalone disk is copied */
	atomic_bool cancel;
	atomic_uint permille; /* of that copy */
	char *summary;
	struct err error;
	int result;
};

/* Runs on the thread of the work. */
static void step_disk_on_share(double percent, void *arg)
{
	struct making *m = arg;

	atomic_store(&m->permille, (unsigned)(percent * 10));
}

/* Copies under another name and renames: an overlay of the disk's name would stay one after a kill. */
static int step_disk_make_standalone(struct making *m, const char *over, const char *disk, struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", disk);
	AUTO_FREE char *link = job_file(m->job, DISK_BASE_NAME);
	AUTO_FREE char *layer = job_file(m->job, DISK_LAYER_NAME);
	int r = file_remove_tree(part, e); /* what a killed run left */

	if (!r)
		r = disk_create(part, over, m->job->spec->disk_size, e);
	if (!r)
		r = disk_flatten(part, &m->cancel, step_disk_on_share, m, e);
	if (!r)
		r = file_remove_tree(link, e);
	if (!r)
		r = file_remove_tree(layer, e);
	if (!r)
		r = file_rename(part, disk, e);
	if (r < 0)
		unlink(part);
	return r;
}

/* Returns the suites that were left out when the base was made, separated by blanks; "": none. Owned. */
static char *step_disk_left_out(const struct job *j)
{
	AUTO_STRV struct strv names = STRV_INIT;
	const json_t *name;
	char *text;
	size_t i;

	json_array_foreach (json_object_get(j->base.found.manifest, "left_out"), i, name) {
		if (json_is_string(name))
			strv_add(&names, json_string_value(name));
	}
	text = strv_join(&names, " ");
	return text;
}

static int step_disk_make_new(struct making *m, const char *disk, struct err *e)
{
	struct job *j = m->job;
	AUTO_FREE char *missing = step_disk_left_out(j);
	const char *over;
	int r = job_link_below(j, j->machine_dir, &over, e);

	/* first: every disk has the record of its base */
	if (!r)
		r = store_set_stamp(j->machine_dir, STORE_STAMP_BASE, job_below(j)->id, e);
	if (!r)
		r = vm_pending_write(j->machine_dir, missing, e);
	if (!r)
		r = j->spec->standalone ? step_disk_make_standalone(m, over, disk, e)
					: disk_create(disk, over, j->spec->disk_size, e);
	return r;
}

static void step_disk_work(void *arg)
{
	struct making *m = arg;
	AUTO_FREE char *disk = job_file(m->job, "disk.qcow2");
	char size[SIZE_TEXT];
	struct disk_info info;
	bool made = file_exists(disk);

	m->result = made ? 0 : step_disk_make_new(m, disk, &m->error);
	if (!m->result)
		m->result = disk_check(disk, &info, &m->error);
	if (!m->result && info.size < m->job->spec->disk_size) {
		m->result = disk_grow(disk, m->job->spec->disk_size, &m->error);
		info.size = m->job->spec->disk_size;
	}
	if (!m->result)
		m->summary = xasprintf("%s, %s", size_format(info.size, size),
				       info.standalone ? "standing alone" : "an overlay of the base image");
}

static void step_disk_done(void *arg)
{
	struct making *m = arg;

	loop_timer_stop(m->timer);
	step_set_state(m->run, NULL);
	if (m->result < 0)
		step_fail(m->run, &m->error);
	else
		step_done(m->run, m->summary);
	free(m->summary);
	free(m);
}

static void step_disk_on_timer(void *arg)
{
	struct making *m = arg;
	unsigned share = atomic_load(&m->permille);

	if (share)
		step_progress(m->run, share, 1000);
}

static void step_disk_begin(struct step_run *run, struct job *j)
{
	struct making *m = xcalloc(1, sizeof(*m));

	m->run = run;
	m->job = j;
	step_set_state(run, m);
	if (j->spec->standalone && !job_is_made(j)) {
		step_text(run, "a copy that needs no base image");
		m->timer = loop_timer_start(j->loop, PROGRESS_MS, PROGRESS_MS, step_disk_on_timer, m);
	}
	loop_work(j->loop, step_disk_work, step_disk_done, m);
}

static void step_disk_cancel(struct step_run *run, void *job)
{
	struct making *m = step_state(run);

	(void)job;
	atomic_store(&m->cancel, true);
}

static bool step_disk_is_done(void *job, char **why)
{
	struct job *j = job;
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");
	char size[SIZE_TEXT];
	struct disk_info info;
	bool done = file_exists(disk) && disk_check(disk, &info, NULL) == 0 && info.size >= j->spec->disk_size;

	if (done && info.size > j->spec->disk_size)
		*why = xasprintf("has %s and is never made smaller", size_format(info.size, size));
	else if (done)
		*why = xasprintf("%s exists", size_format(info.size, size));
	return done;
}

/* Returns whether the step "release" has warned of them, for a base that this run makes. */
static bool step_disk_is_told(const struct job *j)
{
	return j->archive && archive_warnings(j->archive)->len;
}

static void step_disk_start(struct step_run *run, void *job)
{
	struct job *j = job;
	struct err e = ERR_INIT;
	char *names = job_is_made(j) || step_disk_is_told(j) ? xstrdup("") : step_disk_left_out(j);

	if (*names && j->options.strict) {
		err_set(&e, ERR_NETWORK, "base-out-of-step",
			"the base image was made without %s, out of step at that time", names);
		err_hint(&e, "--fresh makes a new one");
	} else if (*names) {
		step_warn(run,
			  "the base image was made without %s, out of step at that time; "
			  "--fresh makes a new one",
			  names);
	}
	free(names);
	if (e.kind)
		step_fail(run, &e);
	else
		step_disk_begin(run, j);
}

const struct step_ops step_disk = {
	.id = "disk",
	.title = "Disk",
	.about = "An overlay of the base image, of the size asked for; it takes only what is written.",
	.is_done = step_disk_is_done,
	.start = step_disk_start,
	.cancel = step_disk_cancel,
};
