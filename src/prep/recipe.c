/* SPDX-License-Identifier: MIT */
/* recipe: the order of the steps, from nothing to a machine at its login prompt, and where in it a run
 * begins. */
#include "prep/job.h"
#include "prep/steps.h"
#include "vm/kept.h"

const struct step_ops *const recipe_steps[] = {
	&step_accelerator, &step_release, &step_packages, &step_download, &step_firmware,
	&step_unpack,	   &step_configure, &step_base,	  &step_seed,	  &step_pflash,
	&step_disk,	   &step_examine,  &step_kernel,  &step_start,	  &step_login,
	&step_ssh,
};
const size_t recipe_step_count = sizeof(recipe_steps) / sizeof(*recipe_steps);

static size_t index_of(const struct step_ops *step)
{
	size_t i = 0;

	while (recipe_steps[i] != step)
		i++;
	return i;
}

int recipe_begin(struct job *j, bool changed, size_t *first, struct err *e)
{
	bool prepares = j->options.goal == JOB_PREPARED;
	const char *name = j->spec->name;

	*first = 0;
	if (job_is_running(j)) {
		*first = index_of(&step_login);
		if (!prepares)
			return 0;
		err_set(e, ERR_BUSY, "running", "%s is running", name);
		return err_hint(e, "stop it first: debwiz stop %s", name);
	}
	if (job_lock(j, "preparing", e) < 0)
		return -1;
	if (!vm_kept_is(j->machine_dir))
		return 0;
	*first = index_of(&step_start);
	return prepares || changed ? vm_kept_refuse(j->machine_dir, name, e) : 0;
}
