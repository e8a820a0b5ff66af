/* SPDX-License-Identifier: MIT */
/*
 * step release: opens the archive: chooses the mirror, verifies the release, loads its indices. If updates or security
 * are out of step, it asks the user; without a user it continues with a warning, which is the default answer.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "job_steps.h"
#include "prepare/steps.h"

static void step_release_finish(struct step_run *run)
{
	struct job *j = step_job(run);
	size_t count;
	const struct archive_suite *suites = archive_suites(j->archive, &count);
	AUTO_FREE char *signers = archive_signers_text(&suites[0]);
	AUTO_FREE char *summary =
		xasprintf("%s%s%s, signed by %s, %zu packages", suites[0].codename, *suites[0].version ? " " : "",
			  suites[0].version, signers, archive_package_count(j->archive));

	step_done(run, summary);
}

static void step_release_on_answer(size_t choice, void *arg)
{
	struct step_run *run = arg;
	struct err e = ERR_INIT;

	if (choice == 0) {
		step_release_finish(run);
		return;
	}
	err_set(&e, ERR_NETWORK, "suite-out-of-step", "stopped: a suite of the mirror is out of step");
	err_hint(&e, "mirrors recover within hours; or try another one with --mirror URL");
	step_fail(run, &e);
}

static void step_release_on_open(struct archive *a, const struct err *error, void *arg)
{
	static const char *const choices[] = {"continue without it", "stop here"};
	struct step_run *run = arg;
	struct job *j = step_job(run);
	const struct strv *warnings;

	step_set_state(run, NULL);
	if (!a) {
		job_fail_copy(run, error);
		return;
	}
	j->archive = a;
	warnings = archive_warnings(a);
	for (size_t i = 0; i < warnings->len; i++)
		step_warn(run, "%s", warnings->items[i]);
	if (!warnings->len || !j->options.ask) {
		step_release_finish(run);
		return;
	}
	step_ask(run, warnings->items[0], choices, 2, 0, step_release_on_answer, run);
}

static void step_release_start(struct step_run *run, void *job)
{
	step_set_state(run, job_open_archive(job, run, step_release_on_open));
}

/* The step's state is the operation while that runs, NULL while a question is open. */
static void step_release_cancel(struct step_run *run, void *job)
{
	struct err e = ERR_INIT;

	(void)job;
	if (step_state(run)) {
		archive_cancel(step_state(run));
		return;
	}
	err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	step_fail(run, &e);
}

static double step_release_expect(const void *job)
{
	(void)job;
	return 3;
}

const struct step_ops step_release = {
	.id = "release",
	.title = "Release",
	.about = "The release file and package lists of the Debian archive, and their signatures.",
	.unit = STEP_BYTES,
	.expect = step_release_expect,
	.is_done = job_has_layer,
	.start = step_release_start,
	.cancel = step_release_cancel,
};
