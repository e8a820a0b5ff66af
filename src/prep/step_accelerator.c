/* SPDX-License-Identifier: MIT */
/* step accelerator: finds QEMU and what really accelerates the machine here, before anything long
 * begins. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "prep/job.h"
#include "prep/steps.h"

struct probing {
	struct step_run *run;
	struct job *job;
	struct err error;
	int result;
};

static void work(void *arg)
{
	struct probing *p = arg;

	p->result = qemu_probe(p->job->spec, p->job->arch, p->job->store->cache_dir, &p->job->probe,
			       &p->error);
}

static void done(void *arg)
{
	struct probing *p = arg;
	struct qemu_probe *found = &p->job->probe;
	char *summary;

	if (p->result < 0) {
		step_fail(p->run, &p->error);
	} else {
		summary = xasprintf("QEMU %u.%u, %s: %s", found->version / 10000,
				    found->version / 100 % 100,
				    strcmp(found->accel, "tcg") ? found->accel : "emulated", found->why);
		step_done(p->run, summary);
		free(summary);
	}
	free(p);
}

static void start(struct step_run *run, void *job)
{
	struct probing *p = xcalloc(1, sizeof(*p));

	p->run = run;
	p->job = job;
	loop_work(p->job->loop, work, done, p);
}

const struct step_ops step_accelerator = {
	.id = "accelerator",
	.title = "Accelerator",
	.about = "Which QEMU there is and what it can run this architecture with on this host.",
	.start = start,
};
