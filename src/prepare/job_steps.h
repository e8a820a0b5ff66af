/* SPDX-License-Identifier: MIT */
/* job_steps: what the steps ask of the job that nothing outside of prepare does. */
#ifndef PREPARE_JOB_STEPS_H
#define PREPARE_JOB_STEPS_H

#include "image/disk.h"
#include "prepare/job.h"

/* ---- job_image.c ---- */

/* Return whether the machine begins as an existing image, is made of packages, or by Debian's installer; for struct
 * step_ops. */
bool job_is_image(const void *job);
bool job_is_bootstrap(const void *job);
bool job_is_installer(const void *job);
/* Returns whether its system is not set up by debwiz (spec_is_foreign). */
bool job_is_foreign(const struct job *j);
/* The stamp of an image's root, as the kernel's root= has it. */
#define JOB_STAMP_ROOT "root"
/* Refuses an image that cannot start in the way that the file asks for, or is of another architecture. `path` is for
 * messages. Ids: "image-no-efi", "image-no-root", "image-arch". */
int job_check_image(const struct job *j, const char *path, const struct disk_image *image, struct err *e);
/* Returns what the base's manifest records of the image that this job has copied; owned. */
json_t *job_image_manifest(const struct job *j);
/* Reads it from the manifest of the base in use; to be freed by disk_image_fini. */
void job_image_of_base(const struct job *j, struct disk_image *out);

/* ---- job.c ---- */

/* Makes the machine's folder of sockets, once. */
int job_need_runtime_dir(struct job *j, struct err *e);
/* Gets the size of the guest's serial terminal: the recorded one, else one that suits the terminal of this program.
 * A serial line has no size: the seed sets it once, so job_console_keep records it. */
#define JOB_CONSOLE_TERM "xterm-256color"
void job_console_size(const struct job *j, unsigned *rows, unsigned *columns);
int job_console_keep(struct job *j, struct err *e);
/* Returns what is known of QEMU and this host, for qemu_argv_build; texts borrowed from the job. */
struct qemu_facts job_qemu_facts(const struct job *j);
/* Builds QEMU's command line for the next boot from what is prepared. `boot`: QEMU is started with it now
 * (forwards_ports). */
int job_argv(struct job *j, struct qemu_argv *out, bool boot, struct err *e);
/* Returns the seconds that a step took on this host the last time for this kind of machine, or `fallback`. */
double job_expect(const struct job *j, const char *step, double fallback);
/* Records it (durations.json in the cache; a failure to write is not an error). */
void job_took(const struct job *j, const char *step, uint64_t ms);
/* Fails the running step with a copy of an error that another step owns. */
void job_fail_copy(struct step_run *run, const struct err *error);
/* If `e` is about a full disk, its hint says how much space the step needs in `dir` and how much is free there, with
 * what the step has written to `file` (or NULL), which is removed when the step runs again. */
void job_hint_space(const char *dir, const char *file, uint64_t needed, struct err *e);

/* ---- job_template.c ---- */

/* Returns why this machine cannot resume a copy of a template; static, NULL: it can. QEMU must have been probed. */
const char *job_template_unfit(const struct job *j);
/* Returns the key of the template that fits this machine; owned, NULL with e. Reads no file but QEMU's times. */
char *job_template_key(const struct job *j, struct err *e);
/* Appends the command line that makes it in the folder `dir`. */
int job_template_argv(const struct job *j, const char *dir, const char *runtime_dir, struct strv *out, struct err *e);
/* Returns the bytes of its memory. */
uint64_t job_template_memory(const struct job *j);
/* Name of the empty volume that the template is made with. */
#define JOB_TEMPLATE_VOLUME "volume.raw"
/* Returns the bytes of the machine's volume; 0: it has none. */
uint64_t job_template_volume(const struct job *j);

/* ---- job_archive.c ---- */

/* Returns the archive's components: the file's, else the release's own. */
const struct strv *job_components(const struct job *j);
/* Begins to open the job's archive, in place of an open one; its progress is the running step's. */
struct archive_op *job_open_archive(struct job *j, struct step_run *run,
				    void (*done)(struct archive *a, const struct err *e, void *run));
/* Begins to open the release's own suite with these components in place of the file's; as job_begin_archive. */
struct archive_op *job_begin_components(struct job *j, const struct strv *components,
					void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
/* An archive_progress_fn whose arg is the running step. */
void job_archive_progress(uint64_t done, uint64_t total, const char *text, void *run);
/* Returns the bytes of a set's packages that are not in the cache. */
uint64_t job_to_download(const struct job *j, const struct package_set *set);

/* ---- job_base.c ---- */

/* Finds the base for job_init: the one that an existing disk was made from, else one that fits the file, if there is
 * one. Refuses another architecture than the disk's ("arch-made"). */
int job_base_init(struct job *j, struct err *e);
void job_base_release(struct job *j);
void job_base_fini(struct job *j);
/* Keeps a base that was found from being removed; forgets one that is being removed. */
int job_hold_base(struct job *j, struct err *e);
/* Locks the new base (or layer: &j->layer) and makes its folder, once, without what an earlier run left. 1: another
 * run has made the same since, which the job uses from now on: the step must call step_again with JOB_BASE_EXISTS. */
int job_begin_base(struct job *j, struct job_base *b, struct err *e);
#define JOB_BASE_EXISTS "another run has made the same base image meanwhile: it is used"
/* Returns what the machine's disk is an overlay of: the layer, or the base. */
const struct store_base *job_below(const struct job *j);
/* Links its disk into a folder, and the base's too if it is a layer; *over is what a disk in that folder is created
 * over (disk_create). */
int job_link_below(const struct job *j, const char *folder, const char **over, struct err *e);
/* Returns whether what the job makes is a layer. */
bool job_makes_layer(const struct job *j);
/* Returns whether a layer is asked for: applies of its steps. */
bool job_wants_layer(const void *job);
/* Gives the complete folder of the new base its name and holds it; may run as work. */
int job_publish_base(struct job *j, struct err *e);
/* Uses the published base, and finds the layer on it; on the loop's thread. */
int job_use_published_base(struct job *j, struct err *e);
/* Releases the lock of the new base or layer, so that job_begin_base starts again. */
void job_drop_base(struct job *j);
/* Returns the path of a file of the base, or of the new one's folder; owned. */
char *job_base_file(const struct job *j, const char *name);
char *job_part_file(const struct job *j, const char *name);
/* Returns what the base's manifest has about a suite that it was made from (borrowed), or NULL. */
const json_t *job_base_suite(const struct job *j, const char *suite);

/* ---- step_seed.c ---- */

/* Get the URLs of the release's mirror and of its security suite's, as the guest can connect to them; owned. */
void job_guest_mirrors(const struct job *j, char **mirror, char **security);
/* Returns the proxy of this host's downloads as the guest's apt can use it; owned, "": none. */
char *job_guest_proxy(const struct job *j);

/* ---- step_accelerator.c, step_start.c: how a step ends that watches a machine ---- */

/* Returns whether the machine whose run record is in `dir` ended because of its accelerator. Blocks. */
bool job_accelerator_failed(const char *dir);
/* The remedy if that accelerator was asked for by name. */
#define JOB_HINT_EMULATE "emulate the processor, which is slower: --set cpu.accel=tcg"
/* After a machine exited, whose run record is in `dir`: if its accelerator is to blame and another may be used, records
 * that, so that the step "accelerator" chooses the next one, and returns a sentence (owned); else NULL. */
char *job_blame_accelerator(const struct job *j, const char *dir);
/* Ends the running step after its machine exited: all steps begin again if this job has started the machine and another
 * accelerator may be used; else the step fails. `guest_ran`: QEMU had started the guest. */
void job_machine_exited(struct step_run *run, bool guest_ran, const char *cause);
/* Ends the running step, which waits for the machine, after a cancel. */
void job_stop_waiting(struct step_run *run);

#endif
