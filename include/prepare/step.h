/* SPDX-License-Identifier: MIT */
/*
 * step: one piece of preparing or booting a machine.
 *
 * A step never draws and never blocks the loop. The runner starts it; it reports by the step_* functions below, and
 * ends by calling step_done, step_fail or step_again exactly once, also after a cancel (then step_fail with
 * ERR_INTERRUPTED, within a second). Its own state lives while it runs; what steps share is the job (prepare/job.h).
 */
#ifndef PREPARE_STEP_H
#define PREPARE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

enum step_unit { STEP_PLAIN, STEP_BYTES, STEP_COUNT };

struct step_run; /* a running step; belongs to the runner */

struct step_ops {
	const char *id;	   /* stable, for --json: "download" */
	const char *title; /* "Download" */
	const char *about; /* one sentence about what it does */
	enum step_unit unit;
	/* Returns the seconds that it is expected to take here. */
	double (*expect)(const void *job);
	/* Called with the time that it took when it has finished. May be NULL. */
	void (*took)(void *job, uint64_t ms);
	/* Returns whether this job needs it; NULL: always. */
	bool (*applies)(const void *job);
	/* Returns whether its outputs exist already; `why` gets a short text for either answer (owned by the
	 * caller). Must be cheap: it is asked for `plan` as well. */
	bool (*is_done)(void *job, char **why);
	void (*start)(struct step_run *run, void *job);
	/* Asks the running step to end soon. NULL: it is too short to be cancelled. */
	void (*cancel)(struct step_run *run, void *job);
};

/* Called by a running step, on the loop's thread. */
void step_progress(struct step_run *run, uint64_t done, uint64_t total);
/* Begins the part between these shares of the step's time, 0..1: what the step counts from here on fills that part; the
 * progress of a part that counts nothing follows from the time that the earlier parts took. */
void step_part(struct step_run *run, double from, double until);
/* Shows what the step does now (copied). */
void step_text(struct step_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Shows a sentence that the user must read even if the run succeeds. */
void step_warn(struct step_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line to the log. */
void step_log(struct step_run *run, const char *line);
/* Asks a question; the interface answers, with the index `fallback` if it has no user to ask. */
void step_ask(struct step_run *run, const char *question, const char *const *choices, size_t count, size_t fallback,
	      void (*answer)(size_t choice, void *arg), void *arg);
/* Ends the step. `summary` is one line for the list: "225 packages, 144.1 M" (copied). */
void step_done(struct step_run *run, const char *summary);
/* Ends the step with an error, whose content is moved. */
void step_fail(struct step_run *run, struct err *e);
/* Ends the step without a result, because what an earlier step found out is no longer true: the run begins again with
 * its first step and skips steps whose outputs exist. `why` becomes a warning. The caller must prevent an endless loop.
 */
void step_again(struct step_run *run, const char *why);
/* Returns the runner's job. */
void *step_job(const struct step_run *run);
/* Stores the step's own state while it runs. */
void step_set_state(struct step_run *run, void *state);
void *step_state(const struct step_run *run);

#endif
