/* SPDX-License-Identifier: MIT */
/*
 * view: prints the events of a session. Progress goes to standard error, so that standard output holds results alone;
 * JSON events are results and go to standard output.
 */
#include "view.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"
#include "host/terminal.h"
#include "interrupt.h"
#include "session/words.h"
#include "spec/risk.h"

#define PLAIN_EVERY_MS 10000

struct view {
	struct cli *cli;
	struct session *session;
	struct err *error;
	bool live, utf8, line_open, interrupted;
	uint64_t last_plain;
	size_t skipped;	       /* steps whose results exist already … */
	bool summarized;       /* … printed as one line */
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

static void view_clear_line(struct view *v)
{
	if (v->line_open)
		fputs("\r\033[K", stderr);
	v->line_open = false;
}

/* Returns "61.2 M of 144.1 M at 23.8 M/s, 4 s left  dash", as far as that is known; owned. */
static char *view_describe(const struct step_view *s)
{
	char amount[WORDS_TEXT], rate[WORDS_TEXT], left[WORDS_TEXT];
	bool counts = *words_step_amount(s, amount), fast = *words_step_rate(s, rate);
	bool ends = *words_left(s->left_ms, 1, left);

	return xasprintf("%s%s%s%s%s%s%s", amount, fast ? " at " : "", rate, counts && ends ? ", " : "", left,
			 (counts || ends) && *s->text ? "  " : "", s->text);
}

static void view_live_line(struct view *v, const struct runner_event *ev)
{
	AUTO_FREE char *text = view_describe(ev->step);
	AUTO_FREE char *clean = text_clean(text, strlen(text), false);
	AUTO_FREE char *line = xasprintf("%s %-12s %3d %%  %s", view_sign(v, STEP_RUNNING), ev->step->ops->title,
					 (int)(ev->share * 100), clean);

	fputs("\r", stderr);
	cli_put_cut(stderr, line);
	fputs("\033[K", stderr);
	fflush(stderr);
	v->line_open = true;
}

/* Prints one line for all steps that were skipped, as soon as a step takes time; -v lists each of them instead. */
static void view_skipped_line(struct view *v)
{
	char steps[SIZE_TEXT];

	if (v->skipped && !v->summarized && !v->cli->verbose) {
		view_clear_line(v);
		fprintf(stderr, "%s %-12s %s unchanged\n", view_sign(v, STEP_SKIPPED), "Done before",
			count_human(v->skipped, "step", steps));
		v->summarized = true;
	}
}

/* Prints the progress where there is no terminal, every ten seconds; with the times no two lines are the same. */
static void view_plain_line(struct view *v, const struct runner_event *ev)
{
	AUTO_FREE char *text = view_describe(ev->step);
	AUTO_FREE char *clean = text_clean(text, strlen(text), false);
	char spent[SIZE_TEXT], left[SIZE_TEXT];

	fprintf(stderr, "%s %-12s %3d %%  %s%s(%s so far", view_sign(v, STEP_RUNNING), ev->step->ops->title,
		(int)(ev->share * 100), clean, *clean ? "  " : "", duration_human(ev->elapsed_ms, spent));
	if (ev->left_ms >= 0)
		fprintf(stderr, ", about %s left", duration_human((uint64_t)ev->left_ms, left));
	fputs(")\n", stderr);
}

/* Prints a step that has ended; a skipped one only with -v. The texts of an error and of a cancel follow at the end of
 * the run. */
static void view_step_line(struct view *v, const struct step_view *s)
{
	char took[SIZE_TEXT];
	AUTO_FREE char *clean = text_clean(s->text, strlen(s->text), false);
	AUTO_FREE char *line = NULL;

	if (s->state == STEP_FINISHED)
		line = xasprintf("%s %-12s %s%s(%s)", view_sign(v, s->state), s->ops->title, clean, *clean ? "  " : "",
				 duration_human(s->took_ms, took));
	else if (s->state == STEP_SKIPPED)
		line = xasprintf("%s %-12s unchanged: %s", view_sign(v, s->state), s->ops->title, clean);
	else
		line = xasprintf("%s %-12s %s", view_sign(v, s->state), s->ops->title, words_step_state(s->state));
	view_clear_line(v);
	if (s->state != STEP_SKIPPED || v->cli->verbose) {
		if (v->live)
			cli_put_cut(stderr, line);
		else
			fputs(line, stderr);
		putc('\n', stderr);
	}
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
		json_object_set_new(o, "state", json_string(words_step_state(ev->step->state)));
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
	session_answer(v->session, choice);
}

/* Takes a typed line for the answer (the terminal passes whole lines). An unknown answer and the end of the input
 * choose the default. */
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
		session_answer(v->session, ev->fallback);
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
		fprintf(stderr, "chosen: %s\n", ev->choices[ev->fallback]);
		session_answer(v->session, ev->fallback);
	}
}

static void view_on_text_event(struct view *v, const struct runner_event *ev)
{
	char *clean;

	switch (ev->type) {
	case RUNNER_STEP:
		if (ev->step->state == STEP_SKIPPED)
			v->skipped++;
		if (ev->step->state == STEP_RUNNING) {
			if (v->live)
				view_live_line(v, ev);
			v->last_plain = ev->elapsed_ms;
		} else if (ev->step->state != STEP_WAITING) {
			view_step_line(v, ev->step);
		}
		break;
	case RUNNER_PROGRESS:
		view_skipped_line(v);
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
		view_skipped_line(v);
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
		if (ev->error && v->error)
			err_copy(v->error, ev->error);
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
	session_cancel(v->session);
}

/* Warns once in the life of the program: root should not rely on QEMU as a boundary. */
static void view_warn_root(const struct cli *cli)
{
	const char *text = words_root_warning();
	static bool warned;

	if (warned || !text)
		return;
	warned = true;
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s}", "event", "note", "id", "root", "text", text));
	else
		cli_warn(cli, text);
}

static int view_begin(struct view *v, struct err *e)
{
	struct session *s = v->session;

	if (session_begin(s, view_on_event, v, e) < 0 &&
	    (cli_agree(v->cli, &s->spec, e) < 0 || session_begin(s, view_on_event, v, e) < 0))
		return -1;
	view_warn_root(v->cli);
	cli_warn_risks(v->cli, &s->spec);
	return 0;
}

int view_run(struct cli *cli, struct session *s, struct err *e)
{
	struct view v = {.cli = cli, .session = s, .error = e, .status = -1};
	struct cli_interrupt_part signals;

	v.utf8 = host_locale_is_utf8();
	v.live = !cli->plain && !cli->json && isatty(STDERR_FILENO);
	if (view_begin(&v, e) < 0)
		return -1;
	cli_interrupt_part_begin(&signals, cli, view_on_interrupt, &v);
	loop_run(cli->loop);
	cli_interrupt_part_end(&signals);
	return v.status;
}
