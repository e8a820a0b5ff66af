/* SPDX-License-Identifier: MIT */
/*
 * runner: runs a list of steps one after another and turns their reports into events with rates and time left. It knows
 * no step by name.
 */
#ifndef PREPARE_RUNNER_H
#define PREPARE_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "prepare/step.h"

enum step_state {
	STEP_WAITING,
	STEP_RUNNING,
	STEP_FINISHED,
	STEP_SKIPPED, /* its outputs exist already */
	STEP_FAILED,
	STEP_CANCELLED,
};

/* The state of a step; an interface may read it from runner_steps at any time. Texts belong to the runner. */
struct step_view {
	const struct step_ops *ops;
	enum step_state state;
	uint64_t done, total; /* in the step's unit; total 0: not known */
	double share;	      /* of the step, 0..1; -1: not known */
	double rate;	      /* units a second over the last seconds; 0: not known */
	int64_t left_ms;      /* time left for this step, -1: not known */
	uint64_t took_ms;
	const char *text; /* what it does now, or its summary */
};

enum runner_event_type {
	RUNNER_STEP,	 /* a step changed state; back to STEP_WAITING: it will run again */
	RUNNER_PROGRESS, /* at most 10 a second */
	RUNNER_WARNING,
	RUNNER_LOG,
	RUNNER_QUESTION, /* must be answered by runner_answer */
	RUNNER_FINISHED, /* all steps are done, or `error` ended the run */
};

struct runner_event {
	enum runner_event_type type;
	const struct step_view *step; /* NULL for FINISHED */
	const char *text;	      /* warning, log line, question */
	const char *const *choices;   /* question */
	size_t choice_count, fallback;
	const struct err *error; /* FINISHED, and STEP that failed: what happened, or NULL */
	double share;		 /* 0..1 of the whole */
	int64_t left_ms;	 /* of the whole, -1: not known */
	uint64_t elapsed_ms;
};

struct runner;

/* `steps` and `job` are borrowed. Leaves out steps that do not apply. */
struct runner *runner_new(struct loop *l, const struct step_ops *const *steps, size_t count, void *job,
			  void (*event)(const struct runner_event *ev, void *arg), void *arg);
/* Begins the run, which reports by events. */
void runner_start(struct runner *r);
/* Ends the running step soon; RUNNER_FINISHED then has ERR_INTERRUPTED. */
void runner_cancel(struct runner *r);
void runner_answer(struct runner *r, size_t choice);
/* Only before the start or after RUNNER_FINISHED. NULL is fine. */
void runner_free(struct runner *r);
const struct step_view *runner_steps(const struct runner *r, size_t *count);

#endif
