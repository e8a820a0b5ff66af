/* SPDX-License-Identifier: MIT */
/*
 * step examine: checks a disk whose last run or change was cut off before it is used again. A damaged disk is not used,
 * and nothing is repaired automatically: the user must copy it first.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "image/disk.h"
#include "job_steps.h"
#include "machine/run.h"
#include "machine/snapshot_disk.h"
#include "prepare/steps.h"

struct examination {
	struct step_run *run;
	const char *dir; /* of the machine */
	char *disk;
	bool marked;
	enum disk_health health;
	uint64_t count;
	struct err err;
	int result;
};

/* Returns whether QEMU did not close the disk itself. */
static bool step_examine_was_cut_off(const char *dir)
{
	struct vm_run run;
	bool cut;

	if (vm_run_read(dir, &run, NULL) < 0)
		return false;
	cut = !run.alive && (run.state == VM_FAILED || run.cause_id == VM_CAUSE_KILLED);
	vm_run_fini(&run);
	return cut;
}

/* Returns whether a change of the disk was cut off. */
static bool step_examine_is_marked(const struct job *j)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");
	AUTO_FREE char *what = disk_change_pending(disk);
	bool marked = what != NULL;

	return marked;
}

static bool step_examine_applies(const void *job)
{
	const struct job *j = job;

	return j->options.goal >= JOB_STARTED && job_is_made(j) &&
	       (step_examine_was_cut_off(j->machine_dir) || step_examine_is_marked(j));
}

static void step_examine_work(void *arg)
{
	struct examination *x = arg;

	x->result = x->marked ? disk_await_others(x->disk, &x->err) : 0;
	if (!x->result)
		x->result = disk_examine(x->disk, &x->health, &x->count, &x->err);
	if (!x->result && x->health != DISK_CORRUPT)
		x->result = snapshot_finish(x->dir, x->disk, &x->err);
}

static void step_examine_done(void *arg)
{
	struct examination *x = arg;
	struct step_run *run = x->run;
	struct err e = ERR_INIT;

	if (x->result < 0) {
		err_move(&e, &x->err);
	} else if (x->health == DISK_CORRUPT) {
		disk_corrupt_err(x->disk, x->count, &e);
	} else if (x->health == DISK_LEAKS) {
		step_warn(run,
			  "the disk holds %llu clusters that nothing uses, since its last run or change was "
			  "cut off: no harm; `qemu-img check -r leaks %s` frees them",
			  (unsigned long long)x->count, x->disk);
	}
	free(x->disk);
	free(x);
	if (e.kind)
		step_fail(run, &e);
	else
		step_done(run, "the disk is whole");
}

static void step_examine_start(struct step_run *run, void *job)
{
	struct job *j = job;
	struct examination *x = xcalloc(1, sizeof(*x));

	x->run = run;
	x->dir = j->machine_dir;
	x->marked = step_examine_is_marked(j);
	x->disk = job_file(j, "disk.qcow2");
	loop_work(j->loop, step_examine_work, step_examine_done, x);
}

const struct step_ops step_examine = {
	.id = "examine",
	.title = "Check",
	.about = "The disk, since the machine's last run, or a change of the disk, was cut off.",
	.applies = step_examine_applies,
	.start = step_examine_start,
};
