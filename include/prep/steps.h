/* SPDX-License-Identifier: MIT */
/*
 * steps: the steps of preparing and booting a machine, in their order. Each has its file in
 * src/prep; the recipe below is all that a face needs.
 */
#ifndef PREP_STEPS_H
#define PREP_STEPS_H

#include <stddef.h>

#include "plan/step.h"

extern const struct step_ops step_accelerator; /* QEMU, and what runs fastest here */
extern const struct step_ops step_release;     /* InRelease and indices, verified */
extern const struct step_ops step_packages;    /* what is to be installed */
extern const struct step_ops step_download;
extern const struct step_ops step_firmware;    /* code and variables for the base */
extern const struct step_ops step_unpack;      /* the root file system, with the first initrd */
extern const struct step_ops step_configure;   /* by the guest itself */
extern const struct step_ops step_base;	       /* sealed and named */
extern const struct step_ops step_seed;	       /* key and personal settings */
extern const struct step_ops step_pflash;      /* the machine's own code and variables */
extern const struct step_ops step_disk;	       /* overlay of the wanted size */
extern const struct step_ops step_kernel;      /* direct boot: kernel and initrd out of the disk */
extern const struct step_ops step_start;       /* the supervisor and QEMU */
extern const struct step_ops step_login;       /* until the login prompt */
extern const struct step_ops step_ssh;	       /* until ssh answers */

/* All of them in their order; which apply depends on the job and its goal. */
extern const struct step_ops *const recipe_steps[];
extern const size_t recipe_step_count;

#endif
