/* SPDX-License-Identifier: MIT */
/*
 * job: one machine that is prepared, started or asked about: its record, the rows of the catalogue, what exists of it,
 * its locks. The steps of one run share it; nothing of it outlives the command.
 */
#ifndef PREPARE_JOB_H
#define PREPARE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/archive.h"
#include "base/err.h"
#include "base/loop.h"
#include "catalog/catalog.h"
#include "host/facts.h"
#include "host/lock.h"
#include "image/disk.h"
#include "machine/store.h"
#include "machine/template.h"
#include "prepare/step.h"
#include "qemu/argv.h"
#include "qemu/probe.h"
#include "spec/spec.h"

/* How far to go. */
enum job_goal { JOB_PREPARED, JOB_STARTED, JOB_LOGIN, JOB_SSH };

struct job_options {
	enum job_goal goal;
	bool offline, strict, fresh;
	bool ask; /* an interface passes questions to a user */
	/* Packages that a new machine gets in a layer on its base, "NAME" or "NAME=VERSION"; borrowed. NULL: none */
	const struct strv *layer;
	/* A raw disk for a cache that a temporary machine's QEMU gets; borrowed. NULL: none */
	const char *volume;
};

/* A base image or a layer on one (job_base.c). */
struct job_base {
	char *prefix;		 /* name of its folder up to the time stamp: a digest of what it is made from */
	struct store_base found; /* the one in use; found.dir is NULL if there is none */
	struct lock *hold;	 /* keeps that one until this machine has its link */
	char *part_dir;		 /* where a new one is made */
	struct lock *part_lock;
	char *kernel_version; /* of a new base, found by the step "unpack" */
};

/* The template of which a new machine resumes a copy (job_template.c). */
struct job_template {
	struct template found; /* prepared for the start of this run; dir is NULL: the machine boots */
	bool refused;	       /* QEMU did not load one in this run */
};

struct job {
	/* what was asked for; borrowed */
	struct loop *loop;
	const struct catalog *catalog;
	const struct store *store;
	struct spec *spec;
	struct job_options options;
	/* rows of the catalogue */
	const struct catalog_arch *arch;
	const struct catalog_release *release;
	const struct catalog_profile *profile;
	struct strv root_packages; /* the profile's, and what the settings require */
	/* this host */
	struct host_facts host;
	struct qemu_probe probe; /* filled by the step "accelerator" */
	/* the machine */
	char *machine_dir;
	char *runtime_dir;	   /* NULL until job_need_runtime_dir */
	struct lock *name_lock;	   /* no other command renames, deletes or starts the machine */
	struct lock *machine_lock; /* of its folder; a supervisor takes it over */
	bool started;		   /* this job has handed the machine to a supervisor */
	bool resumed;		   /* and that from its suspended state */
	struct disk_image image;   /* a new base's, found by the step "image" */
	struct job_base base;
	struct job_base layer;	 /* on it, if one is asked for; prefix is NULL until a base exists */
	struct job_base *making; /* the one of both that this job has locked to make it, else NULL */
	struct job_template template;
	/* the open archive and what is taken from it (job_archive.c) */
	struct archive *archive;
	struct package_set packages;	   /* of the base, empty if it exists */
	struct package_set layer_packages; /* what the layer adds or replaces */
	struct package_set firmware;
	struct package_set installer; /* Debian's installer, one package */
};

/* What the command line of a machine is built from. */
struct job_qemu {
	struct qemu_facts facts; /* texts borrowed from the job */
	struct qemu_files files; /* with absolute paths; no runtime_dir */
	struct strv paths;	 /* owns the texts of `files` */
	uint16_t *ports;
};

/* Finds the rows of the catalogue, the folders and an existing base. `spec` must have been checked. Refuses an
 * architecture that the machine's disk does not have ("arch-made"). On an error the job holds nothing; job_fini may
 * follow in either case. */
int job_init(struct job *j, struct loop *loop, const struct catalog *c, const struct store *store, struct spec *spec,
	     const struct job_options *options, struct err *e);
/* Ends its run: releases all locks and the archive with what was taken from it, so that another run, here or
 * elsewhere, finds them free. The job may still be asked about the machine. */
void job_release(struct job *j);
/* Releases and frees it. */
void job_fini(struct job *j);

/* Returns the path of a file of the machine's folder; owned. */
char *job_file(const struct job *j, const char *name);
/* Returns whether the machine's disk exists: then its base and its personal settings are never made again. */
bool job_is_made(const struct job *j);
/* Returns whether the machine's QEMU runs, whoever has started it. */
bool job_is_running(const struct job *j);
/* Returns whether the machine has an ssh server: as its guest reported, else by the packages that it was or will be
 * made from. Reads small files. */
bool job_has_ssh_server(const struct job *j);
/* is_done of the steps that make a base: one exists already. `why` as in struct step_ops. */
bool job_has_base(void *job, char **why);
/* The same for a layer, and for what both are made from; true without a layer if the base exists. */
bool job_has_layer(void *job, char **why);

/* Locks the machine's name alone, for a check that must still hold when the folder is locked. "busy": another command
 * has locked it, or has renamed or deleted the machine since its file was read. */
int job_lock_name(struct job *j, const char *what, struct err *e);
/* Locks the machine's name and its folder, which is made, and records its INI file; holds the base that a new machine
 * is to use, or forgets it if it is being removed. "busy": as job_lock_name. */
int job_lock(struct job *j, const char *what, struct err *e);
/* Fails unless the machine has a disk ("not-made"). */
int job_require_disk(const struct job *j, struct err *e);
/* Locks a machine whose disk is to be changed: one that has a disk and is not suspended. Ids: "not-made", "suspended"
 * and those of job_lock, which is "busy" while the machine runs. */
int job_lock_disk(struct job *j, const char *what, struct err *e);
/* Releases the folder's lock for the supervisor that takes it next; the name stays locked until job_unlock. */
void job_hand_over(struct job *j);
void job_unlock(struct job *j);

/* Begins to open the archive that the machine's file describes; as archive_open. `progress` may be NULL. The job need
 * not outlive the call. */
struct archive_op *job_begin_archive(struct job *j, archive_progress_fn progress,
				     void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
/* Begins to read the releases of the catalogue as the file's mirror has them (archive_releases); `spec` is borrowed
 * for the call. */
struct archive_op *
job_releases(struct loop *l, const struct catalog *c, const struct store *store, const struct spec *spec, bool offline,
	     void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg);
/* Fills the job's packages, layer_packages and firmware from its open archive. */
int job_solve(struct job *j, struct err *e);
/* After that: returns whether the layer only replaces packages of the base by other versions. */
bool job_layer_is_upgrade(const struct job *j);

/* Checks the headers of the file's further drives (disk_check_drive): of all, or (needed false) of those that exist. */
int job_check_drives(const struct spec *s, bool needed, struct err *e);
/* Fails if a USB device that the guest is to get is connected and this user may not use it (ERR_MISSING "usb-denied",
 * with the udev rule that permits it). QEMU waits for a device that is not connected. `root` as for
 * host_usb_list. */
int job_check_usb_devices(const struct spec *s, const char *root, struct err *e);
/* Gathers it from what is prepared, after the job's QEMU was probed. `boot`: QEMU is started with it now
 * (forwards_ports). Nothing is held on an error. */
int job_qemu_gather(const struct job *j, bool boot, struct job_qemu *out, struct err *e);
void job_qemu_fini(struct job_qemu *q);
/* Builds QEMU's command line for a machine's next boot, prepared or not, with the reason of each argument: what `debwiz
 * command` prints. Asks QEMU, so it blocks up to some seconds the first time; uses no loop and may run as work. To be
 * freed by qemu_argv_fini. */
int job_command(const struct catalog *c, const struct store *store, struct spec *spec, struct qemu_argv *out,
		struct err *e);

#endif
