/* SPDX-License-Identifier: MIT */
/*
 * step kernel: for direct boot, extracts kernel and initrd from the disk again if its kernel has changed. After an
 * unclean shutdown the last pair is used: the disk cannot be read reliably before the guest has replayed its journal at
 * its next boot.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "image/initrd.h"
#include "image/kernel.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define STAMP "kernel"
#define STAMP_VERSION "kernel-version"

struct taking {
	struct step_run *run;
	struct job *job;
	char *summary;
	bool unclean;
	struct err error;
	int result;
};

static bool step_kernel_applies(const void *job)
{
	return ((const struct job *)job)->spec->firmware == SPEC_DIRECT;
}

/* Returns whether the disk's own initrd is used: also that of an image, which may lack what debwiz's is made of. */
static bool step_kernel_takes_initrd(const struct job *j, const struct kernel *k)
{
	return j->spec->initrd == SPEC_INITRD_GUEST || (job_is_foreign(j) && k->initrd.path);
}

static int step_kernel_write_pair(struct job *j, struct extfs *fs, const struct kernel *k, struct err *e)
{
	AUTO_FREE char *kernel = job_file(j, "vmlinuz");
	AUTO_FREE char *initrd = job_file(j, "initrd.img");
	struct buf own;
	int r = kernel_extract(fs, k, kernel, e);

	if (!r && step_kernel_takes_initrd(j, k)) {
		r = kernel_extract_initrd(fs, k, initrd, e);
	} else if (!r) {
		r = initrd_build(fs, k->version, &j->arch->initrd_modules, NULL, &own, e);
		if (!r) {
			r = file_write(initrd, own.data, own.len, 0600, e);
			buf_fini(&own);
		}
	}
	return r;
}

/* Records where a root that debwiz did not make is, for the kernel's command line. */
static int step_kernel_record_root(struct job *j, const struct extfs *fs, struct err *e)
{
	AUTO_FREE char *uuid = !job_is_bootstrap(j) ? extfs_uuid(fs) : NULL;
	AUTO_FREE char *root = uuid ? xasprintf("UUID=%s", uuid) : NULL;
	int r = root ? store_set_stamp(j->machine_dir, JOB_STAMP_ROOT, root, e) : 0;

	return r;
}

int step_kernel_renew(struct job *j, bool force, char **version, bool *unclean, struct err *e)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");
	AUTO_FREE char *kernel = job_file(j, "vmlinuz");
	AUTO_FREE char *last = store_stamp(j->machine_dir, STAMP);
	struct extfs *fs = !job_is_bootstrap(j) ? extfs_open_root(disk, "qcow2", e)
						: extfs_open(disk, "qcow2", EXTFS_ROOT_PARTITION, e);
	struct kernel k = {.version = NULL};
	AUTO_FREE char *identity = NULL;
	int r = fs ? 0 : -1;

	*unclean = fs && extfs_is_unclean(fs);
	if (!r && *unclean && last && file_exists(kernel)) {
		*version = store_stamp(j->machine_dir, STAMP_VERSION);
		r = 1;
	} else if (!r) {
		r = kernel_find(fs, &k, e);
		if (!r) {
			identity = kernel_identity(&k, step_kernel_takes_initrd(j, &k));
			*version = xstrdup(k.version);
			if (!force && last && !strcmp(last, identity) && file_exists(kernel))
				r = 1;
			else
				r = step_kernel_write_pair(j, fs, &k, e);
		}
		if (!r)
			r = step_kernel_record_root(j, fs, e);
		if (!r)
			r = store_set_stamp(j->machine_dir, STAMP_VERSION, k.version, e);
		if (!r)
			r = store_set_stamp(j->machine_dir, STAMP, identity, e);
	}
	kernel_fini(&k);
	extfs_close(fs);
	return r;
}

static void step_kernel_work(void *arg)
{
	struct taking *t = arg;
	AUTO_FREE char *version = NULL;

	t->result = step_kernel_renew(t->job, false, &version, &t->unclean, &t->error);
	if (t->result >= 0)
		t->summary = xasprintf("%s%s", version, t->result ? ", unchanged" : " out of the disk");
}

static void step_kernel_done(void *arg)
{
	struct taking *t = arg;

	if (t->result >= 0 && t->unclean)
		step_warn(t->run, "the disk was not shut down cleanly; the kernel of the last boot is used. "
				  "If another was installed since, stop the machine once and boot again");
	if (t->result < 0)
		step_fail(t->run, &t->error);
	else
		step_done(t->run, t->summary);
	free(t->summary);
	free(t);
}

static void step_kernel_start(struct step_run *run, void *job)
{
	struct taking *t = xcalloc(1, sizeof(*t));

	t->run = run;
	t->job = job;
	loop_work(t->job->loop, step_kernel_work, step_kernel_done, t);
}

const struct step_ops step_kernel = {
	.id = "kernel",
	.title = "Kernel",
	.about = "Kernel and initrd for direct boot, as the disk has them now.",
	.applies = step_kernel_applies,
	.start = step_kernel_start,
};
