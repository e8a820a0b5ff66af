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
	struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	char size[SIZE_TEXT];
	uint64_t bytes = 0;
	char *summary;
	int r;

	strv_copy(&names, &j->profile->packages);
	strv_add(&names, j->arch->kernel);
	if (*j->arch->grub)
		strv_add(&names, j->arch->grub);
	package_set_fini(&j->packages);
	package_set_fini(&j->firmware);
	archive_exclude(j->archive, &j->profile->without);
	r = archive_solve(j->archive, &names, &j->spec->packages, &j->profile->jobs, &j->packages, &e);
	if (!r && *j->arch->firmware)
		r = archive_find(j->archive, j->arch->firmware, &j->firmware, &e);
	strv_fini(&names);
	if (r < 0) {
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
