/* SPDX-License-Identifier: MIT */
/* recipe: lists the steps in their order and chooses the step that a run begins with. */
#include "base/mem.h"
#include "job_steps.h"
#include "machine/suspended.h"
#include "prepare/steps.h"
#include "spec/risk.h"

const struct step_ops *const recipe_steps[] = {
	&step_accelerator, &step_release,   &step_packages, &step_download,  &step_udebs, &step_firmware,
	&step_unpack,	   &step_installer, &step_image,    &step_configure, &step_base,  &step_medium,
	&step_install,	   &step_layer,	    &step_seed,	    &step_pflash,    &step_disk,  &step_examine,
	&step_kernel,	   &step_template,  &step_start,    &step_login,     &step_ssh,
};
const size_t recipe_step_count = ARRAY_SIZE(recipe_steps);

static size_t recipe_index_of(const struct step_ops *step)
{
	size_t i = 0;

	while (recipe_steps[i] != step)
		i++;
	return i;
}

/* Refuses to wait for a machine that is paused: it does not come up before it is resumed. */
static int recipe_refuse_paused(const struct job *j, struct err *e)
{
	struct vm_run run;
	int r = 0;

	if (vm_run_read(j->machine_dir, &run, NULL) < 0)
		return 0;
	if (run.alive && run.state == VM_PAUSED) {
		bool explained = run.cause_id != VM_CAUSE_PAUSED && *run.cause;

		r = err_set(e, ERR_FAILED, "guest-paused", "%s is paused%s%s", j->spec->name, explained ? ": " : "",
			    explained ? run.cause : "");
		err_hint(e, "debwiz resume %s", j->spec->name);
	}
	vm_run_fini(&run);
	return r;
}

/* Refuses a disk whose backing file, a user's own, was changed: also that of a suspended machine, which no step checks.
 */
static int recipe_check_original(const struct job *j, struct err *e)
{
	AUTO_FREE char *link = job_file(j, DISK_BASE_NAME);

	return disk_check_original(link, e);
}

int recipe_begin(struct job *j, bool changed, size_t *first, struct err *e)
{
	bool prepares = j->options.goal == JOB_PREPARED;
	const char *name = j->spec->name;

	*first = 0;
	if (job_is_running(j)) {
		*first = recipe_index_of(&step_login);
		if (!prepares)
			return recipe_refuse_paused(j, e);
		err_set(e, ERR_BUSY, "running", "%s is running", name);
		return err_hint(e, "stop it first: debwiz stop %s", name);
	}
	/* a suspended machine resumes with the settings that it was started with, not with those of the file */
	if (!suspended_exists(j->machine_dir) &&
	    (risks_check(j->spec, NULL, NULL, e) < 0 || job_check_drives(j->spec, !prepares, e) < 0))
		return -1;
	if (job_lock(j, "preparing", e) < 0 || recipe_check_original(j, e) < 0)
		return -1;
	if (!suspended_exists(j->machine_dir))
		return 0;
	*first = recipe_index_of(&step_start);
	return prepares || changed ? suspended_refuse(j->machine_dir, name, e) : 0;
}
