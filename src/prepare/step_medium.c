/* SPDX-License-Identifier: MIT */
/*
 * step medium: begins a layer: the overlay of the base, the disk that has its packages, and kernel and initrd of the
 * boot that installs them (step install).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "image/disk.h"
#include "job_boot.h"
#include "job_steps.h"
#include "prepare/steps.h"
#include "root_writing.h"

#define MEDIUM_SIZE (8ull << 30) /* sparse */
#define MEDIUM_LABEL "debwiz-debs"
#define MEDIUM_WAIT_MS 500 /* between two attempts to lock a layer that another command makes */

struct medium {
	struct root_writing w;	    /* first: it leads to the rest */
	struct loop_timer *waiting; /* for another command that makes this layer, else NULL */
	struct root_deb *debs;
	uint64_t bytes;
};

static void step_medium_end(struct root_writing *w, struct err *e)
{
	struct medium *m = (struct medium *)w;
	struct step_run *run = m->w.run;
	char size[SIZE_TEXT], count[SIZE_TEXT];
	AUTO_FREE char *summary = xasprintf("%s, %s", count_human(m->w.request.extra_count, "package", count),
					    size_human(m->bytes, size));
	struct err error = ERR_INIT;

	if (e)
		err_move(&error, e);
	job_hint_space(m->w.job->store->data_dir, m->w.output, m->bytes, &error);
	free(m->debs);
	root_writing_fini(w);
	free(m);
	step_set_state(run, NULL);
	if (error.kind)
		step_fail(run, &error);
	else
		step_done(run, summary);
}

/* Makes the ids from the layer's, so that the same input gives the same disk. */
static void step_medium_make_ids(struct medium *m)
{
	struct gpt_guid *ids[] = {&m->w.request.disk_id, &m->w.request.esp_id, &m->w.request.root_id};
	const char *prefix = m->w.job->layer.prefix;
	uint8_t digest[HASH_SIZE];

	hash_bytes(prefix, strlen(prefix), digest);
	memcpy(m->w.request.fs_uuid, digest, sizeof(m->w.request.fs_uuid));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		digest[0]++;
		gpt_guid_make(digest, ids[i]);
	}
}

static void step_medium_add_packages(struct medium *m)
{
	const struct package_set *set = &m->w.job->layer_packages;

	m->debs = xcalloc(set->len + 1, sizeof(*m->debs));
	for (size_t i = 0; i < set->len; i++) {
		m->debs[i] = root_writing_deb(&m->w, &set->items[i]);
		m->bytes += set->items[i].size;
	}
	m->w.request.extras = m->debs;
	m->w.request.extra_count = set->len;
}

/* ---- the second part: overlay, kernel and initrd ---- */

/* Returns the file that install.sh reads: shell assignments; owned. */
static char *step_medium_env(const struct kernel *k, const void *arg)
{
	const struct medium *m = arg;
	AUTO_STRV struct strv names = STRV_INIT;
	AUTO_FREE char *autos = NULL;

	for (size_t i = 0; i < m->w.job->layer_packages.len; i++)
		if (m->w.job->layer_packages.items[i].extra)
			strv_add(&names, m->w.job->layer_packages.items[i].name);
	autos = strv_join(&names, " ");
	return xasprintf("KERNEL_VERSION='%s'\nARCH='%s'\nEXTRA_AUTO='%s'\nSEED_EPOCH='%lld'\n", k->version,
			 m->w.job->arch->name, autos, (long long)m->w.request.epoch);
}

static int step_medium_make_overlay(const struct job *j, struct err *e)
{
	AUTO_FREE char *base = job_base_file(j, "disk.raw");
	AUTO_FREE char *link = job_part_file(j, DISK_BASE_NAME);
	AUTO_FREE char *overlay = job_part_file(j, DISK_LAYER_NAME);
	struct stat st;

	if (stat(base, &st) < 0)
		return err_errno(e, errno, "disk-base", "cannot examine the base image %s", base);
	if (disk_link_base(base, link, e) < 0)
		return -1;
	return disk_create(overlay, DISK_BASE_NAME, (uint64_t)st.st_size, e);
}

static int step_medium_work(struct root_writing *w, struct err *e)
{
	static const struct job_boot_script scripts[] = {
		{"layer/install.sh", "debwiz/configure.sh"},
		{"guest/run.sh", "debwiz/run.sh"},
		{"guest/packages.sh", "debwiz/packages.sh"},
		{"guest/personal.sh", "debwiz/personal.sh"},
	};
	AUTO_FREE char *base = job_base_file(w->job, "disk.raw");
	AUTO_FREE char *version = NULL;
	struct job_boot boot = {
		.disk = base,
		.scripts = scripts,
		.script_count = ARRAY_SIZE(scripts),
		.env = step_medium_env,
		.arg = w,
	};

	if (step_medium_make_overlay(w->job, e) < 0)
		return -1;
	return job_make_boot(w->job, &boot, &version, e);
}

/* ---- the step ---- */

static void step_medium_begin(struct medium *m)
{
	m->w.request.label = MEDIUM_LABEL;
	m->w.request.size = MEDIUM_SIZE;
	step_medium_make_ids(m);
	step_medium_add_packages(m);
	root_writing_start(&m->w, JOB_MEDIUM);
}

/* Locks the layer, and waits while another command makes the same one. */
static void step_medium_attempt(void *arg)
{
	struct medium *m = arg;
	struct step_run *run = m->w.run;
	int begun = job_begin_base(m->w.job, &m->w.job->layer, &m->w.error);

	if (begun < 0 && !strcmp(m->w.error.id, "busy")) {
		step_text(run, "waiting: %s", m->w.error.text);
		err_fini(&m->w.error);
		if (!m->waiting)
			m->waiting = loop_timer_start(m->w.job->loop, MEDIUM_WAIT_MS, MEDIUM_WAIT_MS,
						      step_medium_attempt, m);
		return;
	}
	loop_timer_stop(m->waiting);
	m->waiting = NULL;
	if (begun < 0) {
		step_medium_end(&m->w, &m->w.error);
	} else if (begun > 0) {
		free(m);
		step_set_state(run, NULL);
		step_again(run, JOB_BASE_EXISTS);
	} else {
		step_medium_begin(m);
	}
}

static void step_medium_start(struct step_run *run, void *job)
{
	struct medium *m = xcalloc(1, sizeof(*m));

	m->w.run = run;
	m->w.job = job;
	m->w.then = "overlay, kernel and initrd";
	m->w.work = step_medium_work;
	m->w.end = step_medium_end;
	step_set_state(run, m);
	step_medium_attempt(m);
}

static void step_medium_cancel(struct step_run *run, void *job)
{
	struct medium *m = step_state(run);

	(void)job;
	if (m->waiting) {
		loop_timer_stop(m->waiting);
		err_set(&m->w.error, ERR_INTERRUPTED, "interrupted", "interrupted");
		step_medium_end(&m->w, &m->w.error);
	} else {
		root_writing_cancel(&m->w);
	}
}

static double step_medium_expect(const void *job)
{
	(void)job;
	return 2;
}

const struct step_ops step_medium = {
	.id = "medium",
	.title = "Medium",
	.about = "An overlay of the base, and a disk with the packages that it lacks.",
	.unit = STEP_BYTES,
	.expect = step_medium_expect,
	.applies = job_wants_layer,
	.is_done = job_has_layer,
	.start = step_medium_start,
	.cancel = step_medium_cancel,
};
