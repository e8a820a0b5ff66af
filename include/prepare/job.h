/* SPDX-License-Identifier: MIT */
/*
 * job: everything that the steps of one machine share while they run. One step fills what a later
 * one needs; nothing of it outlives the command.
 */
#ifndef PREPARE_JOB_H
#define PREPARE_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "archive/archive.h"
#include "base/err.h"
#include "base/loop.h"
#include "catalog/catalog.h"
#include "host/facts.h"
#include "host/lock.h"
#include "machine/store.h"
#include "prepare/step.h"
#include "qemu/argv.h"
#include "qemu/probe.h"
#include "spec/spec.h"

/* How far to go. */
enum job_goal { JOB_PREPARED, JOB_STARTED, JOB_LOGIN, JOB_SSH };

struct job_options {
	enum job_goal goal;
	bool offline, strict, fresh;
	bool ask; /* questions reach a person */
};

struct job {
	/* what was asked for (borrowed) */
	struct loop *loop;
	const struct catalog *catalog;
	const struct store *store;
	struct spec *spec;
	struct job_options options;
	/* rows of the catalogue */
	const struct catalog_arch *arch;
	const struct catalog_release *release;
	const struct catalog_profile *profile;
	struct strv root_packages; /* the profile's, and what the settings need beside them */
	/* this host */
	struct host_facts host;
	struct qemu_probe probe; /* filled by the step "accelerator" */
	/* folders */
	char *machine_dir;
	char *runtime_dir;
	struct lock *name_lock;	   /* nobody renames, deletes or starts it meanwhile */
	struct lock *machine_lock; /* of its folder; a supervisor takes it over */
	bool started;		   /* this job has handed the machine to a supervisor */
	bool resumed;		   /* and that from its suspended state */
	/* the base image */
	char *base_prefix;	/* folder's name up to its time stamp: what was asked for, by key */
	struct store_base base; /* the one in use; base.dir NULL while there is none */
	char *part_dir;		/* where a new one is being made */
	struct lock *base_lock;
	struct lock *base_hold; /* until this machine has its link, the base must stay */
	/* the archive and what is taken from it */
	struct archive *archive;
	struct package_set packages;
	struct package_set firmware;
	/* the guest's first kernel, found by the step "unpack" */
	char *kernel_version;
	uint8_t root_uuid[16];
};

/* Finds rows, folders and the base that is there already. `spec` was checked. Refuses another
 * architecture than the machine's disk has ("arch-made"). On an error the job holds nothing; job_fini
 * may follow in either case. */
int job_init(struct job *j, struct loop *loop, const struct catalog *c, const struct store *store, struct spec *spec,
	     const struct job_options *options, struct err *e);
/* The end of its run: lets go of all locks and of the archive with what was taken from it, so that
 * another run, here or elsewhere, finds them free. The machine may be asked about still. */
void job_release(struct job *j);
/* Releases it, too. */
void job_fini(struct job *j);

/* What the guest's serial terminal is: its type and its size, as it was kept, else as is good for
 * the terminal that this program runs in. job_console_keep keeps it, once. */
#define JOB_CONSOLE_TERM "xterm-256color"
void job_console_size(const struct job *j, unsigned *rows, unsigned *columns);
int job_console_keep(struct job *j, struct err *e);

/* Components of the archive: the file's, else the release's own. */
const struct strv *job_components(const struct job *j);
/* The machine's disk is there: its base and personal settings are never made again. */
bool job_is_made(const struct job *j);
/* The machine has an ssh server: as its guest reported, else as an ssh server is among the packages that it
 * was made from, or will be. Reads small files. */
bool job_has_ssh_server(const struct job *j);
/* Its QEMU runs, whoever has started it. */
bool job_is_running(const struct job *j);
/* is_done of the steps that make a base: one is there already. `why` as in struct step_ops. */
bool job_has_base(void *job, char **why);
/* What the base's manifest says of one of the suites that it was made from (borrowed), or NULL. */
const json_t *job_base_suite(const struct job *j, const char *suite);
/* Opens the archive as the machine's file says, in place of one that is open; as archive_open. */
struct archive_op *job_open_archive(struct job *j, struct step_run *run,
				    void (*done)(struct archive *a, const struct err *e, void *run));
/* The same outside a run: as archive_open (progress may be NULL); the job need not outlive the call. */
struct archive_op *job_begin_archive(struct job *j, archive_progress_fn progress,
				     void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
/* The release's own suite with these components in place of the file's; as job_begin_archive. */
struct archive_op *job_begin_components(struct job *j, const struct strv *components,
					void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
/* All releases of the catalogue as the file's mirror has them (see archive_releases); `spec` is lent for
 * the call. */
struct archive_op *
job_releases(struct loop *l, const struct catalog *c, const struct store *store, const struct spec *spec, bool offline,
	     void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg);
/* An archive_progress_fn whose arg is the running step. */
void job_archive_progress(uint64_t done, uint64_t total, const char *text, void *run);
/* Fills the job's packages and firmware from the open archive. */
int job_solve(struct job *j, struct err *e);
/* Fails the running step with a copy of an error that somebody else owns. */
void job_fail_copy(struct step_run *run, const struct err *error);
/* Seconds that a step took on this host the last time for this kind of machine, or `fallback`; and
 * the other end of it (durations.json in the cache; a failure to write it is no error). */
double job_expect(const struct job *j, const char *step, double fallback);
void job_took(const struct job *j, const char *step, uint64_t ms);
/* Takes the base's lock and makes its part folder anew, once; what a run before left is removed.
 * 1: another run has made the base meanwhile, which is the job's from now on: the step is to call
 * step_again with JOB_BASE_THERE. */
int job_begin_base(struct job *j, struct err *e);
#define JOB_BASE_THERE "another run has made the same base image meanwhile: it is taken"
/* A file of the machine's folder, of the base's, of the part's; owned. */
char *job_file(const struct job *j, const char *name);
char *job_base_file(const struct job *j, const char *name);
char *job_part_file(const struct job *j, const char *name);
/* Takes the machine's name alone, for a look that must still hold when the lock is taken. "busy": another command is
 * at it, or has renamed or deleted it since its file was read. */
int job_lock_name(struct job *j, const char *what, struct err *e);
/* Takes the machine's name and lock, makes its folder and notes its INI file; holds the base that a
 * new machine is to stand on, or forgets it when it is being removed just now. "busy": another command is at
 * it, or has renamed or deleted it since its file was read. */
int job_lock(struct job *j, const char *what, struct err *e);
/* Releases the folder's lock for the supervisor that takes it next; the name stays locked until job_unlock. */
void job_hand_over(struct job *j);
void job_unlock(struct job *j);
/* After a machine ended (its run record is in `dir`): whether its accelerator is to blame and another
 * may be taken. That is remembered then, so that the step "accelerator" chooses the next one, and
 * said in a sentence (owned); else NULL. */
char *job_blame_accelerator(const struct job *j, const char *dir);
/* Ends the running step after its machine has ended, which was let go before or not (`let_go`): all
 * steps begin again where this job has started it and another accelerator may be taken; else it fails. */
void job_has_ended(struct step_run *run, bool let_go, const char *cause);
/* Ends the running step, which waits for the machine, after a cancel. */
void job_wait_no_more(struct step_run *run);
/* Bytes of a set's packages that are not in the cache. */
uint64_t job_to_download(const struct job *j, const struct package_set *set);
/* Where `e` is about a full disk, its hint says how much the step needs in `dir` and how much is free there,
 * with what it has written itself to `file` (or NULL), which goes when it runs again. */
void job_say_room(const char *dir, const char *file, uint64_t needed, struct err *e);
/* Lets go of the part folder's lock, so that job_begin_base makes it anew. */
void job_drop_base(struct job *j);
/* What is known of QEMU and this host, for the argv builder; texts borrowed from the job. */
struct qemu_facts job_qemu_facts(const struct job *j);
/* Looks at the further drives of the file (disk_check_drive), those that are there, or all where they are
 * needed now. Reads their headers. */
int job_check_drives(const struct spec *s, bool needed, struct err *e);
/* Command line of QEMU for the next boot from what is prepared; runtime_dir is made when needed. `boot` as
 * in job_ports. */
int job_argv(struct job *j, struct qemu_argv *out, bool boot, struct err *e);
/* Command line of QEMU for a machine's next boot, prepared or not, with the reason of each argument:
 * what `debwiz command` prints. Asks QEMU, so it blocks up to some seconds the first time; touches
 * nothing of the loop and may run as work. Free with qemu_argv_fini. */
int job_command(const struct catalog *c, const struct store *store, struct spec *spec, struct qemu_argv *out,
		struct err *e);

#endif
