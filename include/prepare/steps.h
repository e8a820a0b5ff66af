/* SPDX-License-Identifier: MIT */
/*
 * steps: the steps that prepare and boot a machine, in their order, each in a file of its own; and the recipe, which
 * runs them.
 */
#ifndef PREPARE_STEPS_H
#define PREPARE_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "prepare/step.h"

struct job;

extern const struct step_ops step_accelerator; /* QEMU, and what runs fastest here */
extern const struct step_ops step_release;     /* InRelease and indices, verified */
extern const struct step_ops step_packages;    /* what is to be installed */
extern const struct step_ops step_download;
extern const struct step_ops step_udebs;     /* whether the mirror has the installer's packages */
extern const struct step_ops step_firmware;  /* code and variables for the base */
extern const struct step_ops step_unpack;    /* the root file system, with the first initrd */
extern const struct step_ops step_installer; /* Debian's installer in its place */
extern const struct step_ops step_image;     /* an existing image in its place */
extern const struct step_ops step_configure; /* by the guest itself */
extern const struct step_ops step_base;	     /* sealed and named */
extern const struct step_ops step_medium;    /* a layer's overlay, and the disk with its packages */
extern const struct step_ops step_install;   /* of these, by the guest itself */
extern const struct step_ops step_layer;     /* sealed and named */
extern const struct step_ops step_seed;	     /* key and personal settings */
extern const struct step_ops step_pflash;    /* the machine's own code and variables */
extern const struct step_ops step_disk;	     /* overlay of the wanted size */
extern const struct step_ops step_examine;   /* check of a disk whose last run was cut off */
extern const struct step_ops step_kernel;    /* direct boot: kernel and initrd out of the disk */
extern const struct step_ops step_template;  /* a saved guest in place of the first boot */
extern const struct step_ops step_start;     /* the supervisor and QEMU */
extern const struct step_ops step_login;     /* until the login prompt */
extern const struct step_ops step_ssh;	     /* until ssh answers */

/* Extracts kernel and initrd from the disk, as the step "kernel" does, if the disk's kernel has changed or `force` is
 * given. 0: extracted, 1: unchanged (or *unclean: the disk cannot be read reliably, and the last pair stays), -1:
 * error. *version is owned by the caller. Blocks. */
int step_kernel_renew(struct job *j, bool force, char **version, bool *unclean, struct err *e);

/* All of them in their order; which apply depends on the job and its goal. */
extern const struct step_ops *const recipe_steps[];
extern const size_t recipe_step_count;

/* Checks that the recipe may run to the job's goal, and gets the step to begin with: the first one; the start of a
 * suspended machine, for nothing of it may change; the waiting for a machine that runs. Locks the machine unless it
 * runs. `changed`: --set gives other settings for this run. Ids: "running" (a running machine cannot be prepared),
 * "suspended" (nor can a suspended one, nor be booted with other settings), RISK_ERROR, and those of job_lock. */
int recipe_begin(struct job *j, bool changed, size_t *first, struct err *e);

#endif
