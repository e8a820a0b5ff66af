/* SPDX-License-Identifier: MIT */
/* job_boot: kernel and initrd of a boot in which a root changes itself by scripts of ours (assets/guest/init). */
#ifndef PREPARE_JOB_BOOT_H
#define PREPARE_JOB_BOOT_H

#include "image/kernel.h"
#include "prepare/job.h"

/* A script: where it is among the assets, and where the initrd has it. init starts debwiz/configure.sh. */
struct job_boot_script {
	const char *asset, *path;
};

struct job_boot {
	const char *disk; /* raw, with the root: the kernel's version and its modules are its own */
	const struct job_boot_script *scripts;
	size_t script_count;
	bool first; /* the scripts also get the initrd without them, which stays in the root */
	/* Returns the content of debwiz/config.env; owned. */
	char *(*env)(const struct kernel *k, const void *arg);
	const void *arg;
};

/* Names of both in the folder of what is being made. */
#define JOB_BOOT_KERNEL "vmlinuz"
#define JOB_BOOT_INITRD "initrd-configure.img"
/* And of the disk with the packages of a layer (step medium). */
#define JOB_MEDIUM "medium.raw"

/* Writes both there (job_part_file). *version is the kernel's, owned. Blocks for a second; runs as work. */
int job_make_boot(const struct job *j, const struct job_boot *boot, char **version, struct err *e);

#endif
