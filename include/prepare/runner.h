/* SPDX-License-Identifier: MIT */
/*
 * runner: executes a list of steps one after another and turns what they report into events with
 * rates and time left. It knows no step by name.
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
	STEP_SKIPPED, /* nothing to do: its outputs stand already */
	STEP_FAILED,
	STEP_CANCELLED,
};

/* How a step stands; a face reads it from runner_steps at any time. Texts are the runner's. */
struct step_view {
	const struct step_ops *ops;
	enum step_state state;
	uint64_t done, total; /* in the step's unit; total 0: not known */
	double share;	      /* of the step, 0..1; -1: not known */
	double rate;	      /* units a second over the last seconds; 0: not known */
	int64_t left_ms;      /* time left for this step, -1: not known */
	uint64_t took_ms;
	const char *text; /* what happens now, or the summary */
};

enum runner_event_type {
	RUNNER_STEP,	 /* a step changed state; back to waiting: it is gone through again */
	RUNNER_PROGRESS, /* at most 10 a second */
	RUNNER_WARNING,
	RUNNER_LOG,
	RUNNER_QUESTION, /* must be answered by runner_answer */
	RUNNER_FINISHED, /* all done, or ended by `error` */
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

/* `steps` and `job` are borrowed. Steps that do not apply are left out of the list at once. */
struct runner *runner_new(struct loop *l, const struct step_ops *const *steps, size_t count, void *job,
			  void (*event)(const struct runner_event *ev, void *arg), void *arg);
/* Begins; everything comes as events. */
void runner_start(struct runner *r);
/* Ends the running step soon; FINISHED comes with ERR_INTERRUPTED. */
void runner_cancel(struct runner *r);
void runner_answer(struct runner *r, size_t choice);
/* After FINISHED only. NULL is fine. */
void runner_free(struct runner *r);
const struct step_view *runner_steps(const struct runner *r, size_t *count);

#endif
