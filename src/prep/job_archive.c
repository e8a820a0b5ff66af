/* SPDX-License-Identifier: MIT */
/* job_archive: how a job opens its archive and solves for its packages; see include/prep/job.h. */
#include <stdlib.h>

#include "base/mem.h"
#include "prep/job.h"

const struct strv *job_components(const struct job *j)
{
	return j->spec->components.len ? &j->spec->components : &j->release->components;
}

static char *keyring(const struct spec *s)
{
	return *s->keyring ? spec_path(s, s->keyring) : xstrdup("");
}

struct archive_op *job_begin_archive(struct job *j, archive_progress_fn progress,
				     void (*done)(struct archive *a, const struct err *e, void *arg),
				     void *arg)
{
	const struct spec *s = j->spec;
	char *ring = keyring(s);
	struct strv mirrors = STRV_INIT, security = STRV_INIT;
	struct archive_op *op;

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
				  .keyring = ring,
				  .snapshot = s->snapshot,
				  .release = s->release,
				  .arch = s->arch,
				  .components = job_components(j),
				  .security = s->security && j->release->security,
				  .updates = s->updates && j->release->updates,
				  .offline = j->options.offline,
				  .strict = j->options.strict,
			  },
			  progress, done, arg);
	strv_fini(&mirrors);
	strv_fini(&security);
	free(ring);
	return op;
}

struct archive_op *job_open_archive(struct job *j, struct step_run *run,
				    void (*done)(struct archive *a, const struct err *e, void *run))
{
	archive_close(j->archive);
	j->archive = NULL;
	return job_begin_archive(j, job_archive_progress, done, run);
}

struct archive_op *job_releases(struct loop *l, const struct catalog *c, const struct store *store,
				const struct spec *spec, bool offline,
				void (*done)(struct archive_release *rows, size_t count,
					     const struct err *e, void *arg),
				void *arg)
{
	char *ring = keyring(spec);
	struct strv mirrors = STRV_INIT, security = STRV_INIT;
	struct archive_op *op;

	host_mirrors(&mirrors, &security);
	op = archive_releases(l,
			      &(struct archive_conf){
				      .catalog = c,
				      .cache_dir = store->cache_dir,
				      .mirror = spec->mirror,
				      .security_mirror = spec->security_mirror,
				      .host_mirrors = &mirrors,
				      .host_security_mirrors = &security,
				      .proxy = spec->proxy,
				      .keyring = ring,
				      .snapshot = spec->snapshot,
				      .offline = offline,
			      },
			      done, arg);
	strv_fini(&mirrors);
	strv_fini(&security);
	free(ring);
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

	strv_copy(&names, &j->root_packages);
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
