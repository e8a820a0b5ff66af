/* SPDX-License-Identifier: MIT */
/*
 * step release: opens the archive: chooses the mirror, verifies the release, loads its indices.
 * Where updates or security are out of step a person is asked; without one it goes on with a
 * warning, which is the default answer.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "prep/job.h"
#include "prep/steps.h"

struct opening {
	struct archive_op *op; /* NULL once it has ended */
	struct strv mirrors, security_mirrors;
};

static void opening_free(struct opening *o)
{
	strv_fini(&o->mirrors);
	strv_fini(&o->security_mirrors);
	free(o);
}

static void finish(struct step_run *run)
{
	struct job *j = step_job(run);
	size_t count;
	const struct archive_suite *suites = archive_suites(j->archive, &count);
	char *summary = xasprintf("%s %s, signed by %zu Debian key%s, %zu packages", suites[0].codename,
				  suites[0].version, suites[0].signers.len,
				  suites[0].signers.len == 1 ? "" : "s",
				  archive_package_count(j->archive));

	opening_free(step_state(run));
	step_set_state(run, NULL);
	step_done(run, summary);
	free(summary);
}

static void on_answer(size_t choice, void *arg)
{
	struct step_run *run = arg;
	struct err e = ERR_INIT;

	if (choice == 0) {
		finish(run);
		return;
	}
	opening_free(step_state(run));
	step_set_state(run, NULL);
	err_set(&e, ERR_NETWORK, "suite-out-of-step", "stopped: a suite of the mirror is out of step");
	err_hint(&e, "mirrors recover within hours; or try another one with --mirror URL");
	step_fail(run, &e);
}

static void on_open(struct archive *a, const struct err *error, void *arg)
{
	static const char *const choices[] = {"go on without it", "stop here"};
	struct step_run *run = arg;
	struct job *j = step_job(run);
	struct opening *o = step_state(run);
	const struct strv *warnings;

	o->op = NULL;
	if (!a) {
		opening_free(o);
		step_set_state(run, NULL);
		job_fail_copy(run, error);
		return;
	}
	j->archive = a;
	warnings = archive_warnings(a);
	for (size_t i = 0; i < warnings->len; i++)
		step_warn(run, "%s", warnings->items[i]);
	if (!warnings->len || !j->options.ask) {
		finish(run);
		return;
	}
	step_ask(run, warnings->items[0], choices, 2, 0, on_answer, run);
}

static void start(struct step_run *run, void *job)
{
	struct job *j = job;
	const struct spec *s = j->spec;
	struct opening *o = xcalloc(1, sizeof(*o));
	struct archive_conf conf = {
		.catalog = j->catalog,
		.cache_dir = j->store->cache_dir,
		.mirror = s->mirror,
		.security_mirror = s->security_mirror,
		.host_mirrors = &o->mirrors,
		.host_security_mirrors = &o->security_mirrors,
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
	};

	step_set_state(run, o);
	host_mirrors(&o->mirrors, &o->security_mirrors);
	o->op = archive_open(j->loop, &conf, job_archive_progress, on_open, run);
}

static void cancel(struct step_run *run, void *job)
{
	struct opening *o = step_state(run);
	struct err e = ERR_INIT;

	(void)job;
	if (o->op) {
		archive_cancel(o->op);
		return;
	}
	/* A question was open. */
	opening_free(o);
	step_set_state(run, NULL);
	err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	step_fail(run, &e);
}

static double expect(const void *job)
{
	(void)job;
	return 3;
}

const struct step_ops step_release = {
	.id = "release",
	.title = "Release",
	.about = "The release file and package lists of the Debian archive, and their signatures.",
	.unit = STEP_BYTES,
	.expect = expect,
	.is_done = job_has_base,
	.start = start,
	.cancel = cancel,
};
