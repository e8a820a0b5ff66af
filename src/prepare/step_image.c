/* SPDX-License-Identifier: MIT */
/*
 * step image: makes the base's disk of an existing image (machine.method = image) in place of packages: a copy, so that
 * the image may change or go afterwards.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define PROGRESS_MS 200
#define TOTAL 1000

struct imaging {
	struct step_run *run;
	struct job *job;
	struct loop_timer *timer;
	atomic_bool cancel;
	atomic_uint permille;
	char *path;
	struct err error;
	int result;
};

static void step_image_on_share(double percent, void *arg)
{
	atomic_store(&((struct imaging *)arg)->permille, (unsigned)(percent * TOTAL / 100));
}

static void step_image_on_timer(void *arg)
{
	struct imaging *m = arg;

	step_progress(m->run, atomic_load(&m->permille), TOTAL);
}

static void step_image_work(void *arg)
{
	struct imaging *m = arg;
	AUTO_FREE char *to = job_part_file(m->job, "disk.raw");

	m->result =
		disk_copy_image(m->path, to, m->job->spec->disk_size, &m->cancel, step_image_on_share, m, &m->error);
	if (m->result < 0)
		job_hint_space(m->job->making->part_dir, to, m->job->spec->disk_size, &m->error);
}

static void step_image_done(void *arg)
{
	struct imaging *m = arg;

	loop_timer_stop(m->timer);
	step_set_state(m->run, NULL);
	if (m->result < 0)
		step_fail(m->run, &m->error);
	else
		step_done(m->run, m->path);
	free(m->path);
	free(m);
}

static void step_image_start(struct step_run *run, void *job)
{
	struct imaging *m = xcalloc(1, sizeof(*m));
	struct job *j = job;
	int begun = job_begin_base(j, &j->base, &m->error);

	m->run = run;
	m->job = j;
	if (begun) {
		if (begun < 0)
			step_fail(run, &m->error);
		else
			step_again(run, JOB_BASE_EXISTS);
		free(m);
		return;
	}
	m->path = spec_path(j->spec, j->spec->image);
	step_set_state(run, m);
	m->timer = loop_timer_start(j->loop, PROGRESS_MS, PROGRESS_MS, step_image_on_timer, m);
	loop_work(j->loop, step_image_work, step_image_done, m);
}

static void step_image_cancel(struct step_run *run, void *job)
{
	struct imaging *m = step_state(run);

	(void)job;
	atomic_store(&m->cancel, true);
}

static double step_image_expect(const void *job)
{
	return job_expect(job, "image", 20);
}

static void step_image_took(void *job, uint64_t ms)
{
	job_took(job, "image", ms);
}

const struct step_ops step_image = {
	.id = "image",
	.title = "Image",
	.about = "A copy of the existing image, in place of packages.",
	.expect = step_image_expect,
	.took = step_image_took,
	.applies = job_is_image,
	.is_done = job_has_base,
	.start = step_image_start,
	.cancel = step_image_cancel,
};
