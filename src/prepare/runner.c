/* SPDX-License-Identifier: MIT */
/*
 * runner: runs the steps and sends their events. A step may end inside its own start(); a timer begins the next one, so
 * that the stack stays flat and a cancel can come between.
 */
#include "prepare/runner.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "prepare/estimate.h"

#define PROGRESS_MS 100
#define BEAT_MS 1000

struct step_run {
	struct runner *runner;
	struct step_view view;
	struct estimate estimate;
	double expect; /* seconds */
	char *text;
	void *state;
};

struct runner {
	struct loop *loop;
	void *job;
	void (*event)(const struct runner_event *ev, void *arg);
	void *arg;
	struct step_run *runs;
	struct step_view *views; /* copies for runner_steps */
	size_t count, current;
	uint64_t began, last_progress;
	bool cancelled, ended;
	struct err error;
	struct loop_timer *next;
	struct loop_timer *quiet; /* sends a delayed progress event */
	struct loop_timer *beat;  /* while a step runs: sends a progress event if the step reports nothing */
	void (*answer)(size_t choice, void *arg);
	void *answer_arg;
};

struct runner *runner_new(struct loop *l, const struct step_ops *const *steps, size_t count, void *job,
			  void (*event)(const struct runner_event *ev, void *arg), void *arg)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->job = job;
	r->event = event;
	r->arg = arg;
	r->runs = xcalloc(count, sizeof(*r->runs));
	for (size_t i = 0; i < count; i++) {
		struct step_run *run = &r->runs[r->count];

		if (steps[i]->applies && !steps[i]->applies(job))
			continue;
		run->runner = r;
		run->view.ops = steps[i];
		run->view.left_ms = -1;
		run->view.share = -1;
		run->view.text = "";
		run->expect = steps[i]->expect ? steps[i]->expect(job) : 0.1;
		r->count++;
	}
	r->views = xcalloc(r->count, sizeof(*r->views));
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	loop_timer_stop(r->next);
	loop_timer_stop(r->quiet);
	loop_timer_stop(r->beat);
	for (size_t i = 0; i < r->count; i++)
		free(r->runs[i].text);
	free(r->runs);
	free(r->views);
	err_fini(&r->error);
	free(r);
}

const struct step_view *runner_steps(const struct runner *r, size_t *count)
{
	for (size_t i = 0; i < r->count; i++)
		r->views[i] = r->runs[i].view;
	*count = r->count;
	return r->views;
}

/* Returns the share of a step that is done, 0..1. */
static double runner_step_share(const struct step_run *run, uint64_t now)
{
	switch (run->view.state) {
	case STEP_FINISHED:
		return 1;
	case STEP_RUNNING:
		return estimate_share(&run->estimate, now);
	default:
		return 0;
	}
}

/* Computes the share of the whole run by expected seconds, and the time left: the running step's own, and the expected
 * time of the later ones; -1 (not known) once the running step takes longer than expected. Skipped steps do not count.
 */
static void runner_overall(const struct runner *r, double *share, int64_t *left_ms)
{
	uint64_t now = loop_now(r->loop);
	double all = 0, past = 0, later = 0;
	int64_t running = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct step_run *run = &r->runs[i];

		if (run->view.state == STEP_SKIPPED)
			continue;
		all += run->expect;
		past += run->expect * runner_step_share(run, now);
		if (run->view.state == STEP_WAITING)
			later += run->expect;
		if (run->view.state != STEP_RUNNING)
			continue;
		running = estimate_left(&run->estimate, now);
		if (running < 0 && !estimate_is_late(&run->estimate, now))
			running = (int64_t)(run->expect * (1 - runner_step_share(run, now)) * 1000);
	}
	*share = all > 0 ? past / all : 1;
	*left_ms = running < 0 ? -1 : (int64_t)(later * 1000) + running;
}

static void runner_emit(struct runner *r, struct runner_event *ev)
{
	runner_overall(r, &ev->share, &ev->left_ms);
	ev->elapsed_ms = loop_now(r->loop) - r->began;
	r->event(ev, r->arg);
}

static void runner_emit_step(struct step_run *run, enum runner_event_type type, const char *text, const struct err *e)
{
	struct runner_event ev = {.type = type, .step = &run->view, .text = text, .error = e};

	runner_emit(run->runner, &ev);
}

static void runner_finish(struct runner *r)
{
	struct runner_event ev = {.type = RUNNER_FINISHED};

	if (r->ended)
		return;
	r->ended = true;
	loop_timer_stop(r->beat);
	r->beat = NULL;
	ev.error = r->error.kind ? &r->error : NULL;
	runner_emit(r, &ev);
}

static void runner_on_beat(void *arg);

static void runner_begin(void *arg)
{
	struct runner *r = arg;
	struct step_run *run;
	char *why = NULL;

	loop_timer_stop(r->next);
	r->next = NULL;
	if (r->cancelled && !r->error.kind) {
		err_set(&r->error, ERR_INTERRUPTED, "interrupted", "interrupted");
		err_hint(&r->error, "run the same command again: it continues where it stopped");
	}
	if (r->error.kind || r->current == r->count) {
		runner_finish(r);
		return;
	}
	run = &r->runs[r->current];
	if (run->view.ops->is_done && run->view.ops->is_done(r->job, &why)) {
		free(run->text);
		run->text = why;
		run->view.text = why ? why : "";
		run->view.state = STEP_SKIPPED;
		runner_emit_step(run, RUNNER_STEP, NULL, NULL);
		r->current++;
		r->next = loop_timer_start(r->loop, 0, 0, runner_begin, r);
		return;
	}
	free(why);
	log_msg("step", "%s begins", run->view.ops->id);
	run->view.state = STEP_RUNNING;
	estimate_start(&run->estimate, loop_now(r->loop), run->expect, run->view.ops->unit == STEP_BYTES);
	runner_emit_step(run, RUNNER_STEP, NULL, NULL);
	run->view.ops->start(run, r->job);
}

void runner_start(struct runner *r)
{
	r->began = loop_now(r->loop);
	r->beat = loop_timer_start(r->loop, BEAT_MS, BEAT_MS, runner_on_beat, r);
	r->next = loop_timer_start(r->loop, 0, 0, runner_begin, r);
}

void runner_cancel(struct runner *r)
{
	struct step_run *run = r->current < r->count ? &r->runs[r->current] : NULL;

	if (r->cancelled || r->ended)
		return;
	r->cancelled = true;
	r->answer = NULL;
	if (run && run->view.state == STEP_RUNNING && run->view.ops->cancel)
		run->view.ops->cancel(run, r->job);
}

void runner_answer(struct runner *r, size_t choice)
{
	void (*answer)(size_t, void *) = r->answer;

	r->answer = NULL;
	if (answer)
		answer(choice, r->answer_arg);
}

/* ---- what steps call ---- */

static void runner_send_progress(struct step_run *run)
{
	struct runner *r = run->runner;
	uint64_t now = loop_now(r->loop);

	r->last_progress = now;
	run->view.rate = pace_rate(&run->estimate.pace, now);
	run->view.left_ms = estimate_left(&run->estimate, now);
	run->view.share = run->view.total || run->estimate.part.from > 0 ? runner_step_share(run, now) : -1;
	run->view.took_ms = now - run->estimate.began;
	runner_emit_step(run, RUNNER_PROGRESS, NULL, NULL);
}

static void runner_on_quiet(void *arg)
{
	struct runner *r = arg;

	loop_timer_stop(r->quiet);
	r->quiet = NULL;
	if (!r->ended && r->current < r->count && r->runs[r->current].view.state == STEP_RUNNING)
		runner_send_progress(&r->runs[r->current]);
}

static void runner_on_beat(void *arg)
{
	struct runner *r = arg;

	if (r->current < r->count && r->runs[r->current].view.state == STEP_RUNNING &&
	    loop_now(r->loop) - r->last_progress >= BEAT_MS)
		runner_send_progress(&r->runs[r->current]);
}

static void runner_changed(struct step_run *run)
{
	struct runner *r = run->runner;
	uint64_t since = loop_now(r->loop) - r->last_progress;

	if (since >= PROGRESS_MS)
		runner_send_progress(run);
	else if (!r->quiet)
		r->quiet = loop_timer_start(r->loop, PROGRESS_MS - since, 0, runner_on_quiet, r);
}

void step_progress(struct step_run *run, uint64_t done, uint64_t total)
{
	estimate_count(&run->estimate, loop_now(run->runner->loop), done, total);
	run->view.done = done;
	run->view.total = total;
	runner_changed(run);
}

void step_part(struct step_run *run, double from, double until)
{
	estimate_part(&run->estimate, loop_now(run->runner->loop), from, until);
	run->view.done = run->view.total = 0;
	runner_changed(run);
}

static void runner_set_text(struct step_run *run, char *text)
{
	free(run->text);
	run->text = text;
	run->view.text = text;
}

void step_text(struct step_run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	runner_set_text(run, xvasprintf(fmt, ap));
	va_end(ap);
	runner_changed(run);
}

void step_warn(struct step_run *run, const char *fmt, ...)
{
	va_list ap;
	AUTO_FREE char *text = NULL;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	runner_emit_step(run, RUNNER_WARNING, text, NULL);
}

void step_log(struct step_run *run, const char *line)
{
	runner_emit_step(run, RUNNER_LOG, line, NULL);
}

void step_ask(struct step_run *run, const char *question, const char *const *choices, size_t count, size_t fallback,
	      void (*answer)(size_t choice, void *arg), void *arg)
{
	struct runner *r = run->runner;
	struct runner_event ev = {
		.type = RUNNER_QUESTION,
		.step = &run->view,
		.text = question,
		.choices = choices,
		.choice_count = count,
		.fallback = fallback,
	};

	r->answer = answer;
	r->answer_arg = arg;
	runner_emit(r, &ev);
}

static void runner_step_end(struct step_run *run, enum step_state state, const struct err *e)
{
	struct runner *r = run->runner;

	if (run->view.state != STEP_RUNNING)
		abort(); /* a step ended twice: a programmer's error */
	run->view.took_ms = loop_now(r->loop) - run->estimate.began;
	run->view.state = state;
	run->view.left_ms = -1;
	log_msg("step", "%s %s after %llu ms", run->view.ops->id, state == STEP_FINISHED ? "done" : "ended",
		(unsigned long long)run->view.took_ms);
	if (state == STEP_FINISHED && run->view.ops->took)
		run->view.ops->took(r->job, run->view.took_ms);
	runner_emit_step(run, RUNNER_STEP, NULL, e);
	r->current++;
	r->next = loop_timer_start(r->loop, 0, 0, runner_begin, r);
}

void step_done(struct step_run *run, const char *summary)
{
	runner_set_text(run, xstrdup(summary ? summary : ""));
	runner_step_end(run, STEP_FINISHED, NULL);
}

void step_fail(struct step_run *run, struct err *e)
{
	bool interrupted = e->kind == ERR_INTERRUPTED;

	err_move(&run->runner->error, e);
	if (interrupted && !run->runner->error.hint)
		err_hint(&run->runner->error, "run the same command again: it continues where it stopped");
	runner_step_end(run, interrupted ? STEP_CANCELLED : STEP_FAILED, &run->runner->error);
}

/* Makes a step as it was before its start. */
static void runner_reset(struct step_run *run)
{
	free(run->text);
	run->text = NULL;
	run->view = (struct step_view){.ops = run->view.ops, .share = -1, .left_ms = -1, .text = ""};
}

void step_again(struct step_run *run, const char *why)
{
	struct runner *r = run->runner;

	if (run->view.state != STEP_RUNNING)
		abort(); /* a step ended twice: a programmer's error */
	log_msg("step", "%s: all again: %s", run->view.ops->id, why);
	step_warn(run, "%s", why);
	for (size_t i = 0; i <= r->current; i++) {
		runner_reset(&r->runs[i]);
		runner_emit_step(&r->runs[i], RUNNER_STEP, NULL, NULL);
	}
	r->current = 0;
	r->next = loop_timer_start(r->loop, 0, 0, runner_begin, r);
}

void *step_job(const struct step_run *run)
{
	return run->runner->job;
}

void step_set_state(struct step_run *run, void *state)
{
	run->state = state;
}

void *step_state(const struct step_run *run)
{
	return run->state;
}
