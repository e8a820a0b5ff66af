/* SPDX-License-Identifier: MIT */
/*
 * step pflash: copies firmware code and variables from the base, once. The variables belong to the machine from then on
 * and are never replaced.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_steps.h"
#include "prepare/steps.h"

static const struct {
	const char *base, *machine;
} flash[] = {
	{"code.raw", STORE_PFLASH_CODE},
	{"vars.raw", STORE_PFLASH_VARS},
};

static bool step_pflash_applies(const void *job)
{
	return ((const struct job *)job)->spec->firmware == SPEC_UEFI;
}

static bool step_pflash_is_done(void *job, char **why)
{
	struct job *j = job;
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(flash); i++) {
		AUTO_FREE char *path = job_file(j, flash[i].machine);

		all = all && file_exists(path);
	}
	if (all)
		*why = xstrdup("this machine has its own");
	return all;
}

/* Copies the missing ones. */
static int step_pflash_copy_flash(struct job *j, struct err *e)
{
	struct disk_image image;
	int r = 0;

	if (!j->base.found.dir) {
		err_set(e, ERR_FAILED, "base-missing",
			"the folder of this machine's base image, which has the firmware, is gone");
		return err_hint(e, "set `mode = direct` in [firmware], or `debwiz recreate %s`", j->spec->name);
	}
	if (!job_is_bootstrap(j)) {
		job_image_of_base(j, &image);
		r = job_check_image(j, job_is_image(j) ? j->spec->image : "the installed system", &image, e);
		disk_image_fini(&image);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flash) && !r; i++) {
		AUTO_FREE char *from = job_base_file(j, flash[i].base);
		AUTO_FREE char *to = job_file(j, flash[i].machine);

		if (!file_exists(to))
			r = file_copy_sparse(from, to, 0600, e);
	}
	return r;
}

static void step_pflash_start(struct step_run *run, void *job)
{
	struct err e = ERR_INIT;

	if (step_pflash_copy_flash(job, &e) < 0)
		step_fail(run, &e);
	else
		step_done(run, "code, and variables of its own");
}

const struct step_ops step_pflash = {
	.id = "pflash",
	.title = "Flash",
	.about = "The machine's two flash devices: firmware code, and variables of its own.",
	.applies = step_pflash_applies,
	.is_done = step_pflash_is_done,
	.start = step_pflash_start,
};
