/* SPDX-License-Identifier: MIT */
/* job_archive: how a job opens its archive and solves for its packages; see include/prep/job.h. */
#include <stdlib.h>

#include "base/mem.h"
#include "prep/job.h"

const struct strv *job_components(const struct job *j)
{
	return j->spec->components.len ? &j->spec->components : &j->release->components;
}

struct archive_op *job_open_archive(struct job *j, struct step_run *run,
				    void (*done)(struct archive *a, const struct err *e, void *run))
{
	const struct spec *s = j->spec;
	struct strv mirrors = STRV_INIT, security = STRV_INIT;
	struct archive_op *op;

	archive_close(j->archive);
	j->archive = NULL;
	host_mirrors(&mirrors, &security);
	op = archive_open(j->loop,
			  &(struct archive_conf){
				  .catalog = j->catalog,
				  .cache_dir = j->store->cache_dir,
				  .mirror = s->mirror,
				  .security_mirror = s->security_mirror,
				  .host_mirrors = &mirrors,
				  .host_security_mirrors = &security,
				  .proxy = s->proxy,
				  .keyring = s->keyring,
				  .snapshot = s->snapshot,
				  .release = s->release,
				  .arch = s->arch,
				  .components = job_components(j),
				  .security = s->security && j->release->security,
				  .updates = s->updates && j->release->updates,
				  .offline = j->options.offline,
				  .strict = j->options.strict,
			  },
			  job_archive_progress, done, run);
	strv_fini(&mirrors);
	strv_fini(&security);
	return op;
}

void job_archive_progress(uint64_t done, uint64_t total, const char *text, void *run)
{
	step_text(run, "%s", text ? text : "");
	step_progress(run, done, total);
}

int job_solve(struct job *j, struct err *e)
{
	struct strv names = STRV_INIT;
	int r;

	strv_copy(&names, &j->profile->packages);
	strv_add(&names, j->arch->kernel);
	if (*j->arch->grub)
		strv_add(&names, j->arch->grub);
	package_set_fini(&j->packages);
	package_set_fini(&j->firmware);
	archive_exclude(j->archive, &j->profile->without);
	r = archive_solve(j->archive, &names, &j->spec->packages, &j->profile->jobs, &j->packages, e);
	if (!r && *j->arch->firmware)
		r = archive_find(j->archive, j->arch->firmware, &j->firmware, e);
	strv_fini(&names);
	return r;
}
