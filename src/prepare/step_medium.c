/* SPDX-License-Identifier: MIT */
/*
 * step medium: begins a layer: the overlay of the base, the disk that has its packages, and kernel and initrd of the
 * boot that installs them (step install).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/cache.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "image/disk.h"
#include "image/root.h"
#include "job_boot.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define MEDIUM_SIZE (8ull << 30) /* sparse */
#define MEDIUM_LABEL "debwiz-debs"
#define MEDIUM_WAIT_MS 500 /* between two attempts to lock a layer that another command makes */

struct medium {
	struct step_run *run;
	struct job *job;
	struct loop_timer *waiting; /* for another command that makes this layer, else NULL */
	struct root_build *build;   /* NULL after its end */
	struct root_request request;
	struct root_deb *debs;
	struct strv words; /* owned strings that the request points to */
	char *output;
	uint64_t bytes;
	bool cancelled;
	/* of the second part, on a pool thread */
	struct err error;
	int result;
};

static void step_medium_end(struct medium *m, struct err *e)
{
	struct step_run *run = m->run;
	char size[SIZE_TEXT];
	AUTO_FREE char *summary = xasprintf("%zu packages, %s", m->request.extra_count, size_human(m->bytes, size));
	struct err error = ERR_INIT;

	if (e)
		err_move(&error, e);
	job_hint_space(m->job->store->data_dir, m->output, m->bytes, &error);
	free(m->debs);
	free(m->output);
	strv_fini(&m->words);
	err_fini(&m->error);
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
	struct gpt_guid *ids[] = {&m->request.disk_id, &m->request.esp_id, &m->request.root_id};
	const char *prefix = m->job->layer.prefix;
	uint8_t digest[HASH_SIZE];

	hash_bytes(prefix, strlen(prefix), digest);
	memcpy(m->request.fs_uuid, digest, sizeof(m->request.fs_uuid));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		digest[0]++;
		gpt_guid_make(digest, ids[i]);
	}
}

static void step_medium_add_packages(struct medium *m)
{
	const struct package_set *set = &m->job->layer_packages;

	m->debs = xcalloc(set->len + 1, sizeof(*m->debs));
	for (size_t i = 0; i < set->len; i++) {
		const struct package *p = &set->items[i];
		char *path = cache_path(m->job->store->cache_dir, p->sha256);

		strv_take(&m->words, path);
		m->debs[i] = (struct root_deb){
			.name = p->name, .version = p->version, .arch = p->arch, .path = path, .size = p->size};
		memcpy(m->debs[i].sha256, p->sha256, HASH_SIZE);
		m->bytes += p->size;
	}
	m->request.extras = m->debs;
	m->request.extra_count = set->len;
}

/* ---- the second part: overlay, kernel and initrd ---- */

/* Returns the file that install.sh reads: shell assignments; owned. */
static char *step_medium_env(const struct kernel *k, const void *arg)
{
	const struct medium *m = arg;
	AUTO_STRV struct strv names = STRV_INIT;
	AUTO_FREE char *autos = NULL;

	for (size_t i = 0; i < m->job->layer_packages.len; i++)
		if (m->job->layer_packages.items[i].extra)
			strv_add(&names, m->job->layer_packages.items[i].name);
	autos = strv_join(&names, " ");
	return xasprintf("KERNEL_VERSION='%s'\nARCH='%s'\nEXTRA_AUTO='%s'\nSEED_EPOCH='%lld'\n", k->version,
			 m->job->arch->name, autos, (long long)m->request.epoch);
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

static void step_medium_work(void *arg)
{
	struct medium *m = arg;
	static const struct job_boot_script scripts[] = {
		{"layer/install.sh", "debwiz/configure.sh"},
		{"guest/run.sh", "debwiz/run.sh"},
		{"guest/packages.sh", "debwiz/packages.sh"},
		{"guest/personal.sh", "debwiz/personal.sh"},
	};
	AUTO_FREE char *base = job_base_file(m->job, "disk.raw");
	struct job_boot boot = {
		.disk = base,
		.scripts = scripts,
		.script_count = ARRAY_SIZE(scripts),
		.env = step_medium_env,
		.arg = m,
	};
	char *version = NULL;

	m->result = step_medium_make_overlay(m->job, &m->error);
	if (!m->result)
		m->result = job_make_boot(m->job, &boot, &version, &m->error);
	free(version);
}

static void step_medium_done(void *arg)
{
	struct medium *m = arg;

	if (m->cancelled && !m->result) {
		m->result = -1;
		err_set(&m->error, ERR_INTERRUPTED, "interrupted", "interrupted");
	}
	step_medium_end(m, m->result < 0 ? &m->error : NULL);
}

/* ---- the step ---- */

static void step_medium_on_progress(uint64_t done, uint64_t total, const char *package, void *arg)
{
	struct medium *m = arg;

	if (package)
		step_text(m->run, "%s", package);
	step_progress(m->run, done, total);
}

static void step_medium_on_done(const struct err *error, void *arg)
{
	struct medium *m = arg;

	m->build = NULL;
	if (error) {
		err_copy(&m->error, error);
		step_medium_end(m, &m->error);
		return;
	}
	step_text(m->run, "overlay, kernel and initrd");
	loop_work(m->job->loop, step_medium_work, step_medium_done, m);
}

static void step_medium_begin(struct medium *m)
{
	struct job *j = m->job;
	size_t count;
	const struct archive_suite *suites = archive_suites(j->archive, &count);

	m->output = job_part_file(j, JOB_MEDIUM);
	m->request.output = m->output;
	m->request.label = MEDIUM_LABEL;
	m->request.size = MEDIUM_SIZE;
	m->request.epoch = (int64_t)suites[0].date;
	step_medium_make_ids(m);
	step_medium_add_packages(m);
	m->build = root_build_start(j->loop, &m->request, step_medium_on_progress, step_medium_on_done, m, &m->error);
	if (!m->build)
		step_medium_end(m, &m->error);
}

/* Locks the layer, and waits while another command makes the same one. */
static void step_medium_attempt(void *arg)
{
	struct medium *m = arg;
	struct step_run *run = m->run;
	int begun = job_begin_base(m->job, &m->job->layer, &m->error);

	if (begun < 0 && !strcmp(m->error.id, "busy")) {
		step_text(run, "waiting: %s", m->error.text);
		err_fini(&m->error);
		if (!m->waiting)
			m->waiting =
				loop_timer_start(m->job->loop, MEDIUM_WAIT_MS, MEDIUM_WAIT_MS, step_medium_attempt, m);
		return;
	}
	loop_timer_stop(m->waiting);
	m->waiting = NULL;
	if (begun < 0) {
		step_medium_end(m, &m->error);
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

	m->run = run;
	m->job = job;
	step_set_state(run, m);
	step_medium_attempt(m);
}

static void step_medium_cancel(struct step_run *run, void *job)
{
	struct medium *m = step_state(run);

	(void)job;
	m->cancelled = true;
	if (m->waiting) {
		loop_timer_stop(m->waiting);
		err_set(&m->error, ERR_INTERRUPTED, "interrupted", "interrupted");
		step_medium_end(m, &m->error);
	} else if (m->build) {
		root_build_cancel(m->build);
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
