/* SPDX-License-Identifier: MIT */
/*
 * step firmware: extracts code and variables for pflash from the firmware's package into the base, so that a machine
 * can be switched to UEFI later and offline. The step pflash copies them for a machine.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "image/disk.h"
#include "image/firmware.h"
#include "job_steps.h"
#include "prepare/steps.h"

struct extracting {
	struct step_run *run;
	struct job *job;
	atomic_bool cancel;
	struct err error;
	int result;
};

static bool step_firmware_has_firmware(const void *job)
{
	const struct job *j = job;

	return catalog_has_firmware(j->arch, j->release->codename);
}

static void step_firmware_work(void *arg)
{
	struct extracting *x = arg;
	struct job *j = x->job;
	const struct package *p = &j->firmware.items[0];
	struct firmware_want want = {
		.arch = j->arch->firmware_arch,
		.machine = j->arch->firmware_machine,
		.size = j->arch->pflash_size,
		.smm = j->arch->firmware_smm,
		.secure_boot = j->spec->secure_boot,
	};
	AUTO_FREE char *code = job_part_file(j, "code.raw");
	AUTO_FREE char *vars = job_part_file(j, "vars.raw");
	int fd = archive_cache_open(j->store->cache_dir, p->sha256, p->size, true, &x->error);

	x->result = fd < 0 ? -1 : firmware_extract(fd, p->name, &want, code, vars, &x->cancel, &x->error);
	if (fd >= 0)
		close(fd);
}

static void step_firmware_done(void *arg)
{
	struct extracting *x = arg;
	const struct package *p = &x->job->firmware.items[0];
	AUTO_FREE char *summary = xasprintf("%s %s", p->name, p->version);

	step_set_state(x->run, NULL);
	if (x->result < 0)
		step_fail(x->run, &x->error);
	else
		step_done(x->run, summary);
	free(x);
}

static void step_firmware_start(struct step_run *run, void *job)
{
	struct extracting *x = xcalloc(1, sizeof(*x));
	int begun;

	x->run = run;
	x->job = job;
	begun = job_begin_base(x->job, &x->job->base, &x->error);
	if (begun) {
		if (begun < 0)
			step_fail(run, &x->error);
		else
			step_again(run, JOB_BASE_EXISTS);
		free(x);
		return;
	}
	step_set_state(run, x);
	loop_work(x->job->loop, step_firmware_work, step_firmware_done, x);
}

static void step_firmware_cancel(struct step_run *run, void *job)
{
	struct extracting *x = step_state(run);

	(void)job;
	atomic_store(&x->cancel, true);
}

const struct step_ops step_firmware = {
	.id = "firmware",
	.title = "Firmware",
	.about = "UEFI code and variables, padded to the size of the machine's flash.",
	.applies = step_firmware_has_firmware,
	.is_done = job_has_base,
	.start = step_firmware_start,
	.cancel = step_firmware_cancel,
};
