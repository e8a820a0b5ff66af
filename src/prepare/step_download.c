/* SPDX-License-Identifier: MIT */
/*
 * step download: downloads the packages and the firmware's package into the cache, each by its digest. If the mirror
 * changes during that and no longer has a package, it opens the archive again, twice at most.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define RESTARTS 2

struct download {
	struct archive_op *op;
	struct package_set all; /* packages, also the layer's, and firmware; the strings belong to the job's sets */
	unsigned restarts;
};

static void step_download_fetch(struct step_run *run);

static void step_download_end(struct step_run *run, struct err *e)
{
	struct download *d = step_state(run);
	char size[SIZE_TEXT], count[SIZE_TEXT];
	uint64_t bytes = 0;
	AUTO_FREE char *summary = NULL;

	for (size_t i = 0; i < d->all.len; i++)
		bytes += d->all.items[i].size;
	summary = xasprintf("%s, %s", count_human(d->all.len, "package", count), size_human(bytes, size));
	free(d->all.items);
	free(d);
	step_set_state(run, NULL);
	if (e)
		step_fail(run, e);
	else
		step_done(run, summary);
}

static void step_download_fail_copy(struct step_run *run, const struct err *error)
{
	struct download *d = step_state(run);
	struct job *j = step_job(run);
	struct err e = ERR_INIT;

	err_copy(&e, error);
	job_hint_space(j->store->cache_dir, NULL, job_to_download(j, &d->all), &e);
	step_download_end(run, &e);
}

static void step_download_on_reopened(struct archive *a, const struct err *error, void *arg)
{
	struct step_run *run = arg;
	struct job *j = step_job(run);
	struct err e = ERR_INIT;

	if (!a) {
		step_download_fail_copy(run, error);
		return;
	}
	j->archive = a;
	if (job_solve(j, &e) < 0)
		step_download_end(run, &e);
	else
		step_download_fetch(run);
}

static void step_download_on_done(const struct err *error, void *arg)
{
	struct step_run *run = arg;
	struct download *d = step_state(run);

	if (!error) {
		step_download_end(run, NULL);
	} else if (!strcmp(error->id, "mirror-updating") && d->restarts < RESTARTS) {
		d->restarts++;
		step_log(run, "the mirror has changed; reading its lists again");
		d->op = job_open_archive(step_job(run), run, step_download_on_reopened);
	} else {
		step_download_fail_copy(run, error);
	}
}

static void step_download_fetch(struct step_run *run)
{
	struct job *j = step_job(run);
	struct download *d = step_state(run);
	const struct package_set *sets[] = {&j->packages, &j->layer_packages, &j->firmware, &j->installer};
	size_t most = 0;

	free(d->all.items);
	d->all.len = 0;
	for (size_t k = 0; k < ARRAY_SIZE(sets); k++)
		most += sets[k]->len;
	d->all.items = xcalloc(most + 1, sizeof(*d->all.items));
	for (size_t k = 0; k < ARRAY_SIZE(sets); k++)
		for (size_t i = 0; i < sets[k]->len; i++)
			d->all.items[d->all.len++] = sets[k]->items[i];
	d->op = archive_fetch(j->archive, &d->all, job_archive_progress, step_download_on_done, run);
}

static void step_download_start(struct step_run *run, void *job)
{
	(void)job;
	step_set_state(run, xcalloc(1, sizeof(struct download)));
	step_download_fetch(run);
}

static void step_download_cancel(struct step_run *run, void *job)
{
	struct download *d = step_state(run);

	(void)job;
	archive_cancel(d->op);
}

static double step_download_expect(const void *job)
{
	(void)job;
	return 10;
}

const struct step_ops step_download = {
	.id = "download",
	.title = "Download",
	.about = "The packages, several in parallel, each checked against its signed digest.",
	.unit = STEP_BYTES,
	.expect = step_download_expect,
	.is_done = job_has_layer,
	.start = step_download_start,
	.cancel = step_download_cancel,
};
