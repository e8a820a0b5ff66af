/* SPDX-License-Identifier: MIT */
/* recipe: the order of the steps, from nothing to a machine at its login prompt. */
#include "prep/steps.h"

const struct step_ops *const recipe_steps[] = {
	&step_accelerator, &step_release, &step_packages, &step_download, &step_firmware,
	&step_unpack,	   &step_configure, &step_base,	  &step_seed,	  &step_pflash,
	&step_disk,	   &step_examine,  &step_kernel,  &step_start,	  &step_login,
	&step_ssh,
};
const size_t recipe_step_count = sizeof(recipe_steps) / sizeof(*recipe_steps);
const size_t recipe_start = sizeof(recipe_steps) / sizeof(*recipe_steps) - 3;
const size_t recipe_wait = sizeof(recipe_steps) / sizeof(*recipe_steps) - 2;
