/* SPDX-License-Identifier: MIT */
/*
 * step packages: what is to be installed: the profile, the architecture's kernel and boot loader,
 * the user's packages, and the package that holds the firmware.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/size.h"
#include "prep/job.h"
#include "prep/steps.h"

static void start(struct step_run *run, void *job)
{
	struct job *j = job;
	struct err e = ERR_INIT;
	char size[SIZE_TEXT];
	uint64_t bytes = 0;
	char *summary;

	if (job_solve(j, &e) < 0) {
		step_fail(run, &e);
		return;
	}
	for (size_t i = 0; i < j->packages.len; i++)
		bytes += j->packages.items[i].size;
	summary = xasprintf("%zu packages, %s", j->packages.len, size_human(bytes, size));
	step_done(run, summary);
	free(summary);
}

const struct step_ops step_packages = {
	.id = "packages",
	.title = "Packages",
	.about = "Which packages and versions make the system, solved over the verified lists.",
	.is_done = job_has_base,
	.start = start,
};
