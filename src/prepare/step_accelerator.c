/* SPDX-License-Identifier: MIT */
/*
 * step accelerator: finds QEMU and probes which accelerator works for the machine here, before a long step begins; and
 * rejects an accelerator that failed in use.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job_steps.h"
#include "machine/run.h"
#include "prepare/steps.h"

struct probing {
	struct step_run *run;
	struct job *job;
	struct err error;
	int result;
};

/* Whether it ended because of its accelerator. */
static bool step_accelerator_failed(const struct vm_run *run)
{
	return *run->accel && strcmp(run->accel, "tcg") != 0 &&
	       (run->cause_id == VM_CAUSE_INTERNAL_ERROR || run->cause_id == VM_CAUSE_ACCEL_REFUSED ||
		run->cause_id == VM_CAUSE_ACCEL_SILENT);
}

bool job_accelerator_failed(const char *dir)
{
	struct vm_run run;
	bool failed;

	if (vm_run_read(dir, &run, NULL) < 0)
		return false;
	failed = step_accelerator_failed(&run);
	vm_run_fini(&run);
	return failed;
}

char *job_blame_accelerator(const struct job *j, const char *dir)
{
	struct vm_run run;
	char *said = NULL;

	if (strcmp(j->spec->accel, "auto") != 0 || vm_run_read(dir, &run, NULL) < 0)
		return NULL;
	if (step_accelerator_failed(&run) &&
	    qemu_probe_reject(j->spec, j->arch, j->store->cache_dir, run.accel, run.cause, NULL) == 0)
		said = xasprintf("%s is no longer used on this host (`debwiz doctor` probes it again): %s", run.accel,
				 run.cause);
	vm_run_fini(&run);
	return said;
}

static void step_accelerator_work(void *arg)
{
	struct probing *p = arg;

	p->result = qemu_probe(p->job->spec, p->job->arch, p->job->store->cache_dir, &p->job->probe, &p->error);
}

static void step_accelerator_warn_untried(struct step_run *run, const struct job *j)
{
	bool uefi = j->spec->firmware == SPEC_UEFI;

	if (!job_is_made(j) && catalog_is_untried(j->arch, j->spec->release, uefi))
		step_warn(run, CATALOG_UNTRIED, j->spec->release, j->arch->name, uefi ? "UEFI" : "direct boot");
}

static void step_accelerator_done(void *arg)
{
	struct probing *p = arg;
	struct qemu_probe *found = &p->job->probe;
	char *summary;

	if (!p->result && p->job->spec->tpm && !*found->tpm)
		p->result = qemu_tpm_missing(&p->error);
	if (!p->result && spec_count_virtiofs(p->job->spec) && !*found->virtiofsd)
		p->result = qemu_virtiofsd_missing(&p->error);
	if (p->result < 0) {
		step_fail(p->run, &p->error);
	} else {
		if (!found->sandbox && p->job->spec->display == SPEC_DISPLAY_NONE)
			step_warn(p->run, "QEMU will run without its sandbox, which was refused: %s",
				  found->sandbox_why);
		if (!strcmp(found->audio, QEMU_AUDIO_SILENT))
			step_warn(p->run, "the guest's sound is not heard: QEMU cannot reach a sound server or card of "
					  "this host now (audio = no: without a sound card)");
		step_accelerator_warn_untried(p->run, p->job);
		summary = xasprintf("QEMU %u.%u, %s: %s", found->version / 10000, found->version / 100 % 100,
				    strcmp(found->accel, "tcg") ? found->accel : "emulated", found->why);
		step_done(p->run, summary);
		free(summary);
	}
	free(p);
}

static void step_accelerator_start(struct step_run *run, void *job)
{
	struct probing *p = xcalloc(1, sizeof(*p));

	p->run = run;
	p->job = job;
	qemu_probe_fini(&p->job->probe); /* of an accelerator that was rejected since */
	loop_work(p->job->loop, step_accelerator_work, step_accelerator_done, p);
}

const struct step_ops step_accelerator = {
	.id = "accelerator",
	.title = "Accelerator",
	.about = "Which QEMU there is and what it can run this architecture with on this host.",
	.start = step_accelerator_start,
};
