/* SPDX-License-Identifier: MIT */
/*
 * step disk: the machine's disk: an overlay over its base, made once. Later runs look at it, and
 * grow it when the file asks for more; they never replace it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/size.h"
#include "image/disk.h"
#include "prep/job.h"
#include "prep/steps.h"

struct making {
	struct step_run *run;
	struct job *job;
	char *summary;
	struct err error;
	int result;
};

static int make_new(struct job *j, const char *disk, struct err *e)
{
	char *base = job_base_file(j, "disk.raw");
	char *link = job_file(j, DISK_BASE_NAME);
	int r = disk_link_base(base, link, e);

	if (!r)
		r = disk_create(disk, j->spec->disk_size, e);
	if (!r)
		r = store_set_stamp(j->machine_dir, "base", j->base.id, e);
	if (!r && j->spec->standalone)
		r = disk_flatten(disk, NULL, NULL, NULL, e);
	if (!r && j->spec->standalone)
		r = file_remove_tree(link, e);
	free(base);
	free(link);
	return r;
}

static void work(void *arg)
{
	struct making *m = arg;
	char *disk = job_file(m->job, "disk.qcow2");
	char size[SIZE_TEXT];
	struct disk_info info;
	bool made = file_exists(disk);

	m->result = made ? 0 : make_new(m->job, disk, &m->error);
	if (!m->result)
		m->result = disk_check(disk, &info, &m->error);
	if (!m->result && info.size < m->job->spec->disk_size) {
		m->result = disk_grow(disk, m->job->spec->disk_size, &m->error);
		info.size = m->job->spec->disk_size;
	}
	if (!m->result)
		m->summary = xasprintf("%s, %s", size_format(info.size, size),
				       info.standalone ? "standing alone" : "an overlay of the base image");
	free(disk);
}

static void done(void *arg)
{
	struct making *m = arg;

	if (m->result < 0)
		step_fail(m->run, &m->error);
	else
		step_done(m->run, m->summary);
	free(m->summary);
	free(m);
}

static void start(struct step_run *run, void *job)
{
	struct making *m = xcalloc(1, sizeof(*m));

	m->run = run;
	m->job = job;
	loop_work(m->job->loop, work, done, m);
}

static bool is_done(void *job, char **why)
{
	struct job *j = job;
	char *disk = job_file(j, "disk.qcow2");
	char size[SIZE_TEXT];
	struct disk_info info;
	bool done = file_exists(disk) && disk_check(disk, &info, NULL) == 0 &&
		    info.size >= j->spec->disk_size;

	if (done && info.size > j->spec->disk_size)
		*why = xasprintf("has %s and is never made smaller", size_format(info.size, size));
	else if (done)
		*why = xasprintf("%s is there", size_format(info.size, size));
	free(disk);
	return done;
}

const struct step_ops step_disk = {
	.id = "disk",
	.title = "Disk",
	.about = "An overlay of the base image, of the size asked for; it takes only what is written.",
	.is_done = is_done,
	.start = start,
};
