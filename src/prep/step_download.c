/* SPDX-License-Identifier: MIT */
/* step download: brings the packages and the firmware's package into the cache, each by its digest. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "prep/job.h"
#include "prep/steps.h"

struct download {
	struct archive_op *op;
	struct package_set all; /* packages and firmware; the strings belong to the job's sets */
};

static void on_done(const struct err *error, void *arg)
{
	struct step_run *run = arg;
	struct download *d = step_state(run);
	char size[SIZE_TEXT];
	uint64_t bytes = 0;
	char *summary;

	for (size_t i = 0; i < d->all.len; i++)
		bytes += d->all.items[i].size;
	summary = xasprintf("%zu packages, %s", d->all.len, size_human(bytes, size));
	free(d->all.items);
	free(d);
	step_set_state(run, NULL);
	if (error)
		job_fail_copy(run, error);
	else
		step_done(run, summary);
	free(summary);
}

static void start(struct step_run *run, void *job)
{
	struct job *j = job;
	struct download *d = xcalloc(1, sizeof(*d));

	d->all.len = j->packages.len + j->firmware.len;
	d->all.items = xcalloc(d->all.len, sizeof(*d->all.items));
	memcpy(d->all.items, j->packages.items, j->packages.len * sizeof(*d->all.items));
	if (j->firmware.len)
		memcpy(d->all.items + j->packages.len, j->firmware.items,
		       j->firmware.len * sizeof(*d->all.items));
	step_set_state(run, d);
	d->op = archive_fetch(j->archive, &d->all, job_archive_progress, on_done, run);
}

static void cancel(struct step_run *run, void *job)
{
	struct download *d = step_state(run);

	(void)job;
	archive_cancel(d->op);
}

static double expect(const void *job)
{
	(void)job;
	return 10;
}

const struct step_ops step_download = {
	.id = "download",
	.title = "Download",
	.about = "The packages, several at once, each checked against its signed digest.",
	.unit = STEP_BYTES,
	.expect = expect,
	.is_done = job_has_base,
	.start = start,
	.cancel = cancel,
};
