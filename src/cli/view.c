/* SPDX-License-Identifier: MIT */
/*
 * view: see src/cli/view.h. Progress goes to standard error, so that standard output holds
 * results alone; JSON events are results and go to standard output.
 */
#include "view.h"

#include <inttypes.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"

#define PLAIN_EVERY_MS 10000

struct view {
	struct cli *cli;
	struct runner *runner;
	struct err *error;
	bool live, utf8, line_open, interrupted;
	uint64_t last_plain;
	size_t before;	       /* steps that were done before … */
	bool told;	       /* … as was said */
	struct loop_fd *input; /* while a question waits for its answer */
	size_t choices, fallback;
	int status;
};

static const char *view_sign(const struct view *v, enum step_state s)
{
	static const char *const utf8[] = {
		[STEP_WAITING] = "·", [STEP_RUNNING] = "◐", [STEP_FINISHED] = "✓",
		[STEP_SKIPPED] = "✓", [STEP_FAILED] = "✗",  [STEP_CANCELLED] = "–",
	};
	static const char *const ascii[] = {
		[STEP_WAITING] = ".", [STEP_RUNNING] = "%", [STEP_FINISHED] = "+",
		[STEP_SKIPPED] = "+", [STEP_FAILED] = "x",  [STEP_CANCELLED] = "-",
	};

	return v->utf8 ? utf8[s] : ascii[s];
}

static const char *view_state_word(enum step_state s)
{
	static const char *const words[] = {
		[STEP_WAITING] = "waiting",   [STEP_RUNNING] = "running", [STEP_FINISHED] = "done",
		[STEP_SKIPPED] = "unchanged", [STEP_FAILED] = "failed",	  [STEP_CANCELLED] = "cancelled",
	};

	return words[s];
}

static void view_clear_line(struct view *v)
{
	if (v->line_open)
		fputs("\r\033[K", stderr);
	v->line_open = false;
}

/* "61.2 of 144.1 M · 23.8 M/s · 4 s left", as far as it is known. */
static char *view_describe(const struct step_view *s)
{
	char done[SIZE_TEXT], total[SIZE_TEXT], rate[SIZE_TEXT], left[SIZE_TEXT];
	char *amount = NULL;
	char *text;

	if (s->total && s->ops->unit == STEP_BYTES) {
		size_human(s->done, done);
		size_human(s->total, total);
		amount = s->rate > 0 ? xasprintf("%s of %s at %s/s", done, total, size_human((uint64_t)s->rate, rate))
				     : xasprintf("%s of %s", done, total);
	} else if (s->total && s->ops->unit == STEP_COUNT) {
		amount = xasprintf("%" PRIu64 " of %" PRIu64, s->done, s->total);
	}
	if (s->left_ms > 0) {
		char *amount_only = amount;

		amount = xasprintf("%s%s%s left", amount ? amount : "", amount ? ", " : "",
				   duration_human((uint64_t)s->left_ms, left));
		free(amount_only);
	}
	text = xasprintf("%s%s%s", amount ? amount : "", amount && *s->text ? "  " : "", s->text);
	free(amount);
	return text;
}

static void view_live_line(struct view *v, const struct runner_event *ev)
{
	char *text = view_describe(ev->step);
	char *clean = text_clean(text, strlen(text), false);
	char *line = xasprintf("%s %-12s %3d %%  %s", view_sign(v, STEP_RUNNING), ev->step->ops->title,
			       (int)(ev->share * 100), clean);

	fputs("\r", stderr);
	cli_put_cut(stderr, line);
	fputs("\033[K", stderr);
	fflush(stderr);
	v->line_open = true;
	free(line);
	free(clean);
	free(text);
}

/* What was done before is one line, once it is known that something takes time; each is listed with -v. */
static void view_before_line(struct view *v)
{
	if (v->before && !v->told && !v->cli->verbose) {
		view_clear_line(v);
		fprintf(stderr, "%s %-12s %zu step%s unchanged\n", view_sign(v, STEP_SKIPPED), "Done before", v->before,
			v->before == 1 ? "" : "s");
		v->told = true;
	}
}

/* Without a terminal: how it goes, every ten seconds. The times make each line tell something. */
static void view_plain_line(struct view *v, const struct runner_event *ev)
{
	char *text = view_describe(ev->step);
	char *clean = text_clean(text, strlen(text), false);
	char spent[SIZE_TEXT], left[SIZE_TEXT];

	fprintf(stderr, "%s %-12s %3d %%  %s%s(%s so far", view_sign(v, STEP_RUNNING), ev->step->ops->title,
		(int)(ev->share * 100), clean, *clean ? "  " : "", duration_human(ev->elapsed_ms, spent));
	if (ev->left_ms >= 0)
		fprintf(stderr, ", about %s left", duration_human((uint64_t)ev->left_ms, left));
	fputs(")\n", stderr);
	free(clean);
	free(text);
}

/* A step that has ended. What was there already is told with -v alone; an error or a cancel has
 * words of its own at the end. */
static void view_step_line(struct view *v, const struct step_view *s)
{
	char took[SIZE_TEXT];
	char *clean = text_clean(s->text, strlen(s->text), false);
	char *line;

	if (s->state == STEP_FINISHED)
		line = xasprintf("%s %-12s %s%s(%s)", view_sign(v, s->state), s->ops->title, clean, *clean ? "  " : "",
				 duration_human(s->took_ms, took));
	else if (s->state == STEP_SKIPPED)
		line = xasprintf("%s %-12s unchanged: %s", view_sign(v, s->state), s->ops->title, clean);
	else
		line = xasprintf("%s %-12s %s", view_sign(v, s->state), s->ops->title, view_state_word(s->state));
	view_clear_line(v);
	if (s->state != STEP_SKIPPED || v->cli->verbose) {
		if (v->live)
			cli_put_cut(stderr, line);
		else
			fputs(line, stderr);
		putc('\n', stderr);
	}
	free(line);
	free(clean);
}

static void view_json_event(const struct runner_event *ev)
{
	static const char *const types[] = {
		[RUNNER_STEP] = "step", [RUNNER_PROGRESS] = "progress", [RUNNER_WARNING] = "warning",
		[RUNNER_LOG] = "log",	[RUNNER_QUESTION] = "question", [RUNNER_FINISHED] = "finished",
	};
	json_t *o = json_pack("{s:s, s:I, s:f}", "event", types[ev->type], "elapsed_ms", (json_int_t)ev->elapsed_ms,
			      "share", ev->share);

	if (ev->left_ms >= 0)
		json_object_set_new(o, "left_ms", json_integer(ev->left_ms));
	if (ev->text)
		json_object_set_new(o, "text", cli_json_text(ev->text));
	if (ev->step) {
		json_object_set_new(o, "step", json_string(ev->step->ops->id));
		json_object_set_new(o, "state", json_string(view_state_word(ev->step->state)));
		json_object_set_new(o, "detail", cli_json_text(ev->step->text));
		if (ev->step->total) {
			json_object_set_new(o, "done", json_integer((json_int_t)ev->step->done));
			json_object_set_new(o, "total", json_integer((json_int_t)ev->step->total));
			json_object_set_new(o, "rate", json_real(ev->step->rate));
		}
		if (ev->step->state != STEP_RUNNING)
			json_object_set_new(o, "took_ms", json_integer((json_int_t)ev->step->took_ms));
	}
	if (ev->type == RUNNER_FINISHED)
		json_object_set_new(o, "ok", json_boolean(!ev->error));
	if (ev->error) {
		json_object_set_new(o, "error", cli_json_text(ev->error->text ? ev->error->text : ""));
		json_object_set_new(o, "error_id", json_string(ev->error->id));
	}
	cli_print_json(o);
}

static void view_answer(struct view *v, size_t choice)
{
	loop_fd_stop(v->input);
	v->input = NULL;
	runner_answer(v->runner, choice);
}

/* A line was typed (the terminal hands over whole lines). Nonsense and the end of input are the
 * default. */
static void view_on_input(int events, void *arg)
{
	struct view *v = arg;
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	(void)events;
	if (n > 0 && line[0] >= '1' && (size_t)(line[0] - '1') < v->choices)
		view_answer(v, (size_t)(line[0] - '1'));
	else
		view_answer(v, v->fallback);
}

static void view_ask(struct view *v, const struct runner_event *ev)
{
	if (v->cli->json) {
		runner_answer(v->runner, ev->fallback);
		return;
	}
	fprintf(stderr, "%s\n", ev->text);
	for (size_t i = 0; i < ev->choice_count; i++)
		fprintf(stderr, "  %zu  %s%s\n", i + 1, ev->choices[i], i == ev->fallback ? "  (default)" : "");
	v->choices = ev->choice_count;
	v->fallback = ev->fallback;
	if (!v->cli->yes && isatty(STDIN_FILENO))
		v->input = loop_fd_start(v->cli->loop, STDIN_FILENO, LOOP_READ, view_on_input, v);
	if (v->input) {
		fputs("> ", stderr);
	} else {
		fprintf(stderr, "taken: %s\n", ev->choices[ev->fallback]);
		runner_answer(v->runner, ev->fallback);
	}
}

static void view_on_text_event(struct view *v, const struct runner_event *ev)
{
	char *clean;

	switch (ev->type) {
	case RUNNER_STEP:
		if (ev->step->state == STEP_SKIPPED)
			v->before++;
		if (ev->step->state == STEP_RUNNING) {
			if (v->live)
				view_live_line(v, ev);
			v->last_plain = ev->elapsed_ms;
		} else if (ev->step->state != STEP_WAITING) {
			view_step_line(v, ev->step);
		}
		break;
	case RUNNER_PROGRESS:
		view_before_line(v);
		if (v->live) {
			view_live_line(v, ev);
		} else if (ev->elapsed_ms - v->last_plain >= PLAIN_EVERY_MS) {
			v->last_plain = ev->elapsed_ms;
			view_plain_line(v, ev);
		}
		break;
	case RUNNER_WARNING:
		view_clear_line(v);
		cli_warn(v->cli, ev->text);
		break;
	case RUNNER_LOG:
		if (!v->cli->verbose)
			break;
		view_clear_line(v);
		clean = text_clean(ev->text, strlen(ev->text), false);
		fprintf(stderr, "  | %s\n", clean);
		free(clean);
		break;
	case RUNNER_QUESTION:
		view_clear_line(v);
		break;
	case RUNNER_FINISHED:
		view_before_line(v);
		view_clear_line(v);
		break;
	}
}

static void view_on_event(const struct runner_event *ev, void *arg)
{
	struct view *v = arg;

	if (v->cli->json)
		view_json_event(ev);
	else
		view_on_text_event(v, ev);
	if (ev->type == RUNNER_QUESTION)
		view_ask(v, ev);
	if (ev->type == RUNNER_FINISHED) {
		if (ev->error && v->error) {
			err_copy(v->error, ev->error);
		}
		v->status = ev->error ? -1 : 0;
		loop_stop(v->cli->loop);
	}
}

static void view_on_interrupt(void *arg)
{
	struct view *v = arg;

	view_clear_line(v);
	if (!v->cli->json)
		fputs(v->interrupted ? "still stopping\n" : "stopping; what is done is kept\n", stderr);
	v->interrupted = true;
	loop_fd_stop(v->input);
	v->input = NULL;
	runner_cancel(v->runner);
}

int view_run(struct cli *cli, const struct step_ops *const *steps, size_t count, void *job, struct err *e)
{
	struct view v = {.cli = cli, .error = e, .status = -1};
	struct loop_signal *interrupt = loop_signal_start(cli->loop, SIGINT, view_on_interrupt, &v);
	struct loop_signal *terminate = loop_signal_start(cli->loop, SIGTERM, view_on_interrupt, &v);
	struct loop_signal *hangup = loop_signal_start(cli->loop, SIGHUP, view_on_interrupt, &v);

	v.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	v.live = !cli->plain && !cli->json && isatty(STDERR_FILENO);
	v.runner = runner_new(cli->loop, steps, count, job, view_on_event, &v);
	runner_start(v.runner);
	loop_run(cli->loop);
	loop_signal_stop(interrupt);
	loop_signal_stop(terminate);
	loop_signal_stop(hangup);
	runner_free(v.runner);
	return v.status;
}
