/* SPDX-License-Identifier: MIT */
/*
 * step: one piece of preparing or booting a machine.
 *
 * A step never draws and never blocks the loop. It is started by the runner, reports through the
 * step_* functions below, and ends by calling step_done or step_fail exactly once, also after a
 * cancel (then with ERR_INTERRUPTED, within a second). It keeps what it needs while it runs
 * in memory of its own; the shared context is the job's (include/prepare/job.h).
 */
#ifndef PREPARE_STEP_H
#define PREPARE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

enum step_unit { STEP_PLAIN, STEP_BYTES, STEP_COUNT };

struct step_run; /* a step as it runs; belongs to the runner */

struct step_ops {
	const char *id;	   /* stable, for --json: "download" */
	const char *title; /* "Download" */
	const char *about; /* one sentence for people who wonder what it is */
	enum step_unit unit;
	/* Seconds it is expected to take here; a share of the overall bar, no promise. */
	double (*expect)(const void *job);
	/* Told how long it took when it has finished; NULL: nobody wants to know. */
	void (*took)(void *job, uint64_t ms);
	/* Whether it is needed at all for this job; NULL: always. */
	bool (*applies)(const void *job);
	/* Whether its outputs stand already; `why` gets a short text for either answer (owned by the
	 * caller). Must be cheap: it is asked for `plan` as well. */
	bool (*is_done)(void *job, char **why);
	void (*start)(struct step_run *run, void *job);
	/* Asks the running step to end soon. NULL: it is so short that it is not interrupted. */
	void (*cancel)(struct step_run *run, void *job);
};

/* What a running step calls, on the loop's thread. */
void step_progress(struct step_run *run, uint64_t done, uint64_t total);
/* The part of it begins that lies between these shares of its time, 0..1: what it counts from here
 * on fills that part, and a part that counts nothing goes by what the parts before it took. */
void step_part(struct step_run *run, double from, double until);
/* What happens now, in words (copied). */
void step_text(struct step_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A sentence that must be read even if all goes well. */
void step_warn(struct step_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line for the log. */
void step_log(struct step_run *run, const char *line);
/* Asks a question; the face answers, or the default (index) is taken where nobody can. */
void step_ask(struct step_run *run, const char *question, const char *const *choices, size_t count, size_t fallback,
	      void (*answer)(size_t choice, void *arg), void *arg);
/* Ends the step. `summary` is one line for the list: "225 packages, 144.1 M" (copied). */
void step_done(struct step_run *run, const char *summary);
/* Ends it with an error, whose content is taken. */
void step_fail(struct step_run *run, struct err *e);
/* Ends it without a result, because something that an earlier step found out is not true any more:
 * the run begins again with its first step, and steps whose outputs stand are passed over. `why` is
 * told as a warning. The caller sees to it that this comes to an end. */
void step_again(struct step_run *run, const char *why);
/* The job that the runner was given. */
void *step_job(const struct step_run *run);
/* A place for the step's own state while it runs. */
void step_set_state(struct step_run *run, void *state);
void *step_state(const struct step_run *run);

#endif
