/* SPDX-License-Identifier: MIT */
/*
 * steps: the steps of preparing and booting a machine, in their order. Each has its file in
 * src/prep; the recipe below is all that a face needs.
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
extern const struct step_ops step_firmware;  /* code and variables for the base */
extern const struct step_ops step_unpack;    /* the root file system, with the first initrd */
extern const struct step_ops step_configure; /* by the guest itself */
extern const struct step_ops step_base;	     /* sealed and named */
extern const struct step_ops step_seed;	     /* key and personal settings */
extern const struct step_ops step_pflash;    /* the machine's own code and variables */
extern const struct step_ops step_disk;	     /* overlay of the wanted size */
extern const struct step_ops step_examine;   /* a disk whose last run was cut off */
extern const struct step_ops step_kernel;    /* direct boot: kernel and initrd out of the disk */
extern const struct step_ops step_start;     /* the supervisor and QEMU */
extern const struct step_ops step_login;     /* until the login prompt */
extern const struct step_ops step_ssh;	     /* until ssh answers */

/* What the step "kernel" does, for `debwiz kernel`: renews the pair when the disk has another kernel,
 * or always with `force`. 0: renewed, 1: nothing had changed (or `unclean`: the disk cannot be read
 * for certain and the last pair stays), -1: error. *version is owned by the caller. Blocks. */
int step_kernel_renew(struct job *j, bool force, char **version, bool *unclean, struct err *e);

/* All of them in their order; which apply depends on the job and its goal. */
extern const struct step_ops *const recipe_steps[];
extern const size_t recipe_step_count;

/* Begins a run of the recipe to the job's goal, and tells the step to begin it with: the first; the
 * start of the machine where it is suspended, for nothing may change then; the waiting where it runs
 * already. Takes the machine's lock unless it runs. `changed`: settings were given for this run alone.
 * Ids: "running" (it cannot be prepared meanwhile), "suspended" (nor can this one, nor be booted with
 * other settings) and those of job_lock. */
int recipe_begin(struct job *j, bool changed, size_t *first, struct err *e);

#endif
