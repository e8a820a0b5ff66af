/* SPDX-License-Identifier: MIT */
/*
 * screen_progress: the progress of a session: each step with its state, bar, rate and time; the whole; an error and
 * what to do about it. The session continues without this screen.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agree.h"
#include "base/mem.h"
#include "base/size.h"
#include "prepare/steps.h"
#include "screen_log.h"
#include "session/words.h"
#include "spec/risk.h"
#include "tui/machine_view.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

#define LEFT 4
#define TITLE 14
#define BAR 26
#define TICK_MS 1000

struct progress {
	char *name, *path;
	struct loop_timer *tick;
	bool details;
	bool asked; /* the open question was asked on this screen; a key asks it again */
	bool alive; /* QEMU runs, so that there is a console */
	bool led;   /* to the console of an installer that waits for answers, once */
};

static struct session *screen_progress_session(struct screen *s)
{
	struct progress *p = s->self;

	return sessions_find(app_sessions(s->app), p->name);
}

/* ---- painting ---- */

static const struct {
	enum glyph sign;
	enum role role;
} state_signs[] = {
	[STEP_WAITING] = {GLYPH_WAITING, ROLE_DIM}, [STEP_RUNNING] = {GLYPH_WORKING, ROLE_WORK},
	[STEP_FINISHED] = {GLYPH_DONE, ROLE_GOOD},  [STEP_SKIPPED] = {GLYPH_DONE, ROLE_DIM},
	[STEP_FAILED] = {GLYPH_FAILED, ROLE_BAD},   [STEP_CANCELLED] = {GLYPH_DASH, ROLE_WARN},
};

/* Paints a part of the running step's line if all of it fits; returns the column after it. */
static int screen_progress_put_part(const struct canvas *c, int row, int column, enum role role, const char *text)
{
	if (!*text || column + canvas_width(c, text) > c->columns - 2)
		return column;
	return column + canvas_put(c, row, column, role, text) + 2;
}

/* Paints the running step: a bar if its end is known, and as far as there is space the amount, the rate, what it works
 * on and the time left. */
static void screen_progress_paint_running(const struct canvas *c, int row, const struct step_view *s, bool asks)
{
	int column = LEFT + 2 + TITLE;
	char text[WORDS_TEXT];

	if (s->share >= 0) {
		canvas_bar(c, row, column, BAR, s->share);
		column += BAR + 2;
	}
	if (asks) { /* the step is paused until the answer */
		canvas_put(c, row, column, ROLE_WARN, "waits for your answer");
		return;
	}
	if (!*words_step_amount(s, text)) {
		canvas_put_clause(c, row, column, c->columns - column - 2, ROLE_TEXT, s->text);
		return;
	}
	column = screen_progress_put_part(c, row, column, ROLE_TEXT, text);
	column = screen_progress_put_part(c, row, column, ROLE_TEXT, words_step_rate(s, text));
	column = screen_progress_put_part(c, row, column, ROLE_DIM, s->text);
	screen_progress_put_part(c, row, column, ROLE_DIM, words_left(s->left_ms, 1000, text));
}

static void screen_progress_paint_step(const struct canvas *c, int row, const struct step_view *s, bool details,
				       bool asks)
{
	char took[SIZE_TEXT];
	int space = c->columns - LEFT - TITLE - 2 - 13;

	canvas_put(c, row, LEFT, state_signs[s->state].role, canvas_glyph(c, state_signs[s->state].sign));
	canvas_put_cut(c, row, LEFT + 2, TITLE - 2, s->state == STEP_WAITING ? ROLE_DIM : ROLE_TEXT, s->ops->title);
	switch (s->state) {
	case STEP_RUNNING:
		screen_progress_paint_running(c, row, s, asks);
		break;
	case STEP_WAITING:
		if (details)
			canvas_put_clause(c, row, LEFT + 2 + TITLE, space + 12, ROLE_DIM, s->ops->about);
		break;
	case STEP_FAILED:
	case STEP_CANCELLED:
		canvas_put(c, row, LEFT + 2 + TITLE, state_signs[s->state].role, words_step_state(s->state));
		break;
	default:
		canvas_put_clause(c, row, LEFT + 2 + TITLE, space, ROLE_TEXT, s->text);
		if (s->state == STEP_FINISHED)
			canvas_put_right(c, row, c->columns - 2, ROLE_DIM, duration_human(s->took_ms, took));
		else
			canvas_put_right(c, row, c->columns - 2, ROLE_DIM, words_step_state(STEP_SKIPPED));
		break;
	}
}

/* Chooses the steps that are shown: without the details, those that were done before this run are one row. Returns how
 * many are in that row. */
static size_t screen_progress_choose_steps(const struct step_view *steps, size_t n, bool details,
					   const struct step_view **out, size_t *count)
{
	size_t before = 0;

	for (size_t i = 0; i < n; i++)
		before += steps[i].state == STEP_SKIPPED;
	if (details || before < 2)
		before = 0;
	*count = 0;
	for (size_t i = 0; i < n; i++)
		if (!before || steps[i].state != STEP_SKIPPED)
			out[(*count)++] = &steps[i];
	return before;
}

static void screen_progress_paint_before(const struct canvas *c, int row, size_t before)
{
	char steps[SIZE_TEXT];

	canvas_put(c, row, LEFT, ROLE_DIM, canvas_glyph(c, GLYPH_DONE));
	canvas_put(c, row, LEFT + 2, ROLE_TEXT, "Done before");
	canvas_put(c, row, LEFT + 2 + TITLE, ROLE_TEXT, count_human(before, "step", steps));
	canvas_put_right(c, row, c->columns - 2, ROLE_DIM, words_step_state(STEP_SKIPPED));
}

static void screen_progress_paint_end(const struct canvas *c, int row, const struct session *t)
{
	int wide = c->columns - LEFT - 4;

	switch (t->state) {
	case SESSION_DONE:
		canvas_putf(c, row, LEFT, ROLE_GOOD, "%s %s is %s.", canvas_glyph(c, GLYPH_DONE), t->name,
			    t->job.options.goal == JOB_PREPARED ? "ready to boot" : "up");
		if (t->warnings.len)
			canvas_wrap(c, row + 1, LEFT, wide, 2, ROLE_WARN, t->warnings.items[t->warnings.len - 1]);
		break;
	case SESSION_CANCELLED:
		canvas_wrap(c, row, LEFT, wide, 2, ROLE_WARN,
			    "Cancelled. What is done is kept; the next run continues here.");
		break;
	case SESSION_FAILED:
		row += canvas_wrap(c, row, LEFT, wide, 4, ROLE_BAD, t->error.text);
		if (t->error.hint)
			canvas_wrap(c, row, LEFT, wide, 3, ROLE_TEXT, t->error.hint);
		break;
	case SESSION_CANCELLING:
		canvas_put(c, row, LEFT, ROLE_WARN, "Stopping; what is done is kept.");
		break;
	default:
		break;
	}
}

static void progress_paint(struct screen *s, const struct canvas *c)
{
	struct progress *p = s->self;
	struct session *t = screen_progress_session(s);
	const struct step_view **shown;
	const struct step_view *steps;
	size_t n, from = 0, running = 0, before;
	int row = 1, space;

	if (!t)
		return;
	steps = runner_steps(t->runner, &n);
	shown = xcalloc(n + 1, sizeof(const struct step_view *));
	before = screen_progress_choose_steps(steps, n, p->details, shown, &n);
	if (before)
		screen_progress_paint_before(c, row++, before);
	for (size_t i = 0; i < n; i++)
		if (shown[i]->state != STEP_WAITING)
			running = i;
	space = c->rows - 5 - row - (t->state == SESSION_FAILED ? 4 : 0);
	if ((int)n > space && (int)running >= space - 1)
		from = running - (size_t)space + 2;
	if (from + (size_t)space > n)
		from = (int)n > space ? n - (size_t)space : 0;
	for (size_t i = from; i < n && i < from + (size_t)space; i++)
		screen_progress_paint_step(c, row++, shown[i], p->details, t->question != NULL);
	free((void *)shown);
	row++;
	canvas_put(c, row, LEFT + 2, ROLE_TEXT, "total");
	canvas_bar(c, row, LEFT + 2 + TITLE, BAR, t->share);
	canvas_putf(c, row, LEFT + 2 + TITLE + BAR + 2, ROLE_TEXT, "%3d %%", (int)(t->share * 100));
	row += 2;
	if (t->question && !t->asked)
		canvas_wrap(c, row, LEFT, c->columns - LEFT - 4, c->rows - row, ROLE_WARN, t->question);
	else if (t->warnings.len && t->state == SESSION_RUNNING && !t->question)
		canvas_wrap(c, row, LEFT, c->columns - LEFT - 4, c->rows - row, ROLE_WARN,
			    t->warnings.items[t->warnings.len - 1]);
	screen_progress_paint_end(c, row, t);
}

/* ---- the lines around ---- */

static void progress_lines(struct screen *s, struct screen_lines *out)
{
	struct progress *p = s->self;
	struct session *t = screen_progress_session(s);
	char took[SIZE_TEXT], left[WORDS_TEXT];
	const struct step_view *steps;
	size_t n;

	buf_addf(&out->title, "%s · %s", p->name,
		 t && t->job.options.goal != JOB_PREPARED ? "preparing and booting" : "preparing");
	if (!t)
		return;
	buf_adds(&out->status, duration_human(t->elapsed_ms, took));
	if (session_is_busy(t) && t->left_ms >= 0 && !t->question)
		buf_addf(&out->status, " · %s", words_left(t->left_ms, 0, left));
	steps = runner_steps(t->runner, &n);
	for (size_t i = 0; i < n && !t->question; i++)
		if (steps[i].state == STEP_RUNNING && steps[i].ops->about)
			buf_adds(&out->help, steps[i].ops->about);
	if (t->question) {
		buf_adds(&out->help, "The work waits for an answer.");
		out->help_role = ROLE_WARN;
		screen_lines_key(out, "a", 'a', "answer");
	}
	if (t->state == SESSION_FAILED || t->state == SESSION_CANCELLED) {
		screen_lines_key(out, "r", 'r', t->state == SESSION_FAILED ? "retry" : "continue");
		screen_lines_key(out, "e", 'e', "edit");
	}
	if (!session_is_busy(t))
		screen_lines_key(out, "Enter", K_ENTER, "the machine");
	if (p->alive)
		screen_lines_key(out, "c", 'c', "console");
	screen_lines_key(out, "l", 'l', "log");
	screen_lines_key(out, "v", 'v', "details");
	if (t->state == SESSION_RUNNING)
		screen_lines_key(out, "C", 'C', "cancel (resumes later)");
	screen_lines_key(out, "Esc", K_ESC, session_is_busy(t) ? "back, work continues" : "back");
	screen_lines_key(out, "?", '?', "help");
}

static char *progress_help(struct screen *s)
{
	struct session *t = screen_progress_session(s);
	const struct step_view *steps;
	struct buf b;
	size_t n;

	if (!t)
		return NULL;
	buf_init(&b, 0);
	buf_adds(&b, "What is done is kept: the work may be interrupted at any moment, and the next run continues "
		     "from there. Esc leaves this screen and the work continues; c shows the machine's console "
		     "as soon as QEMU runs. Steps that were done before are one row; v lists them, too.\n\nThe "
		     "steps:\n");
	steps = runner_steps(t->runner, &n);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "\n%s: %s\n", steps[i].ops->title, steps[i].ops->about ? steps[i].ops->about : "");
	return buf_steal(&b);
}

/* ---- what can be done ---- */

static void screen_progress_on_tick(void *arg)
{
	struct screen *s = arg;
	struct progress *p = s->self;
	struct session *t = screen_progress_session(s);

	if (t && session_is_busy(t)) {
		app_changed(s->app);
		return;
	}
	loop_timer_stop(p->tick);
	p->tick = NULL;
}

static void screen_progress_start_tick(struct screen *s)
{
	struct progress *p = s->self;

	if (!p->tick)
		p->tick = loop_timer_start(app_loop(s->app), TICK_MS, TICK_MS, screen_progress_on_tick, s);
}

struct asked_session {
	struct app *app;
	char *name;
};

static void screen_progress_on_answer(size_t choice, void *arg)
{
	struct asked_session *a = arg;
	struct session *t = sessions_find(app_sessions(a->app), a->name);

	if (t)
		session_answer(t, choice);
	free(a->name);
	free(a);
}

/* Closed without an answer: the session waits; a key asks again, and so does opening the screen again. */
static void screen_progress_on_gone(void *arg)
{
	struct asked_session *a = arg;
	struct session *t = sessions_find(app_sessions(a->app), a->name);

	if (t)
		t->asked = false;
	free(a->name);
	free(a);
}

/* Asks a step's question by a dialog; the question waits as long as this screen is not shown. */
static void screen_progress_ask(struct screen *s, struct session *t)
{
	struct asked_session *a = xcalloc(1, sizeof(*a));
	AUTO_STRV struct strv choices = STRV_INIT;
	struct dialog_question q = {
		.title = t->name,
		.text = t->question,
		.count = t->choices.len,
		.fallback = t->fallback,
		.later = true,
		.answer = screen_progress_on_answer,
		.gone = screen_progress_on_gone,
		.arg = a,
	};

	((struct progress *)s->self)->asked = true;
	strv_copy(&choices, &t->choices);
	for (size_t i = 0; i < choices.len; i++) /* they are labels of buttons */
		*choices.items[i] = (char)toupper((unsigned char)*choices.items[i]);
	q.choices = (const char *const *)strv_argv(&choices);
	t->asked = true;
	a->app = s->app;
	a->name = xstrdup(t->name);
	dialog_ask(s->app, &q);
}

static void screen_progress_on_cancel(size_t choice, void *arg)
{
	struct screen *s = arg;
	struct session *t = screen_progress_session(s);

	if (choice == 1 && t)
		session_cancel(t);
}

static void screen_progress_ask_cancel(struct screen *s)
{
	dialog_ask_whether(
		s->app, "Cancel",
		"Stop the work on this machine? What is done is kept, and the next run continues from there.",
		"Continue", "Cancel the work", screen_progress_on_cancel, s);
}

static void screen_progress_restart(struct screen *s)
{
	struct session *t = screen_progress_session(s);
	struct progress *p = s->self;
	struct err e = ERR_INIT;
	bool started;
	enum progress_goal goal = t->job.options.goal == JOB_PREPARED ? PROGRESS_PREPARE : PROGRESS_BOOT;

	started = sessions_start(app_sessions(s->app), p->path, t->job.options.goal, false, &e);
	if (!started && !strcmp(e.id, RISK_ERROR))
		started = agree_ask(s->app, p->path, goal, &e);
	dialog_unless(s->app, started, &e);
	screen_progress_start_tick(s);
}

static void screen_progress_replace(struct screen *s,
				    struct screen *(*show)(struct app *app, const char *ref, struct err *e))
{
	struct progress *p = s->self;
	struct app *app = s->app;
	AUTO_FREE char *path = xstrdup(p->path);
	struct err e = ERR_INIT;

	screen_pop(s);
	dialog_unless(app, show(app, path, &e), &e);
}

/* Shows the console above this screen, to which leaving it returns. */
static void screen_progress_show_console(struct screen *s)
{
	struct progress *p = s->self;
	struct err e = ERR_INIT;

	dialog_unless(s->app, screen_console(s->app, p->name, &e), &e);
}

static bool progress_key(struct screen *s, const struct key *k)
{
	struct progress *p = s->self;
	struct session *t = screen_progress_session(s);
	bool ended = t && (t->state == SESSION_FAILED || t->state == SESSION_CANCELLED);

	if (k->code == K_ESC || k->code == 'q')
		screen_pop(s);
	else if (k->code == 'c' && p->alive)
		screen_progress_show_console(s);
	else if (k->code == 'l')
		screen_session_log(s->app, p->name);
	else if (k->code == 'v')
		p->details = !p->details;
	else if (k->code == 'a' && t && t->question)
		p->asked = false; /* see progress_sync */
	else if (k->code == 'C' && t && t->state == SESSION_RUNNING)
		screen_progress_ask_cancel(s);
	else if (k->code == 'r' && ended)
		screen_progress_restart(s);
	else if (k->code == 'e' && ended)
		screen_progress_replace(s, screen_wizard);
	else if (k->code == K_ENTER && t && !session_is_busy(t))
		screen_progress_replace(s, screen_machine);
	else
		return false;
	return true;
}

static void progress_shown(struct screen *s)
{
	screen_progress_start_tick(s);
}

static void progress_close(struct screen *s)
{
	struct progress *p = s->self;

	loop_timer_stop(p->tick);
	free(p->name);
	free(p->path);
	free(p);
}

/* Returns whether Debian's installer runs and leaves the answers to the user. */
static bool screen_progress_is_by_hand(const struct session *t)
{
	size_t n;
	const struct step_view *steps = runner_steps(t->runner, &n);

	if (t->job.spec->method != SPEC_INSTALLER || t->job.spec->installer != SPEC_MANUAL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (steps[i].ops == &step_installer)
			return steps[i].state == STEP_RUNNING;
	return false;
}

static void progress_sync(struct screen *s)
{
	struct progress *p = s->self;
	struct session *t = screen_progress_session(s);

	p->alive = machine_is_alive(s->app, p->name);
	if (t && p->alive && !p->led && screen_progress_is_by_hand(t)) {
		p->led = true;
		screen_progress_show_console(s);
	}
	if (!t || !t->question)
		p->asked = false;
	else if (!t->asked && !p->asked)
		screen_progress_ask(s, t);
}

static const struct screen_ops progress_ops = {
	.name = "progress",
	.sync = progress_sync,
	.paint = progress_paint,
	.lines = progress_lines,
	.key = progress_key,
	.shown = progress_shown,
	.help = progress_help,
	.close = progress_close,
};

struct screen *screen_progress(struct app *app, const char *ref, enum progress_goal goal, struct err *e)
{
	struct spec spec;
	struct progress *p;
	struct session *t;

	if (session_read(app_sessions(app)->conf, ref, &spec, e) < 0)
		return NULL;
	t = sessions_find(app_sessions(app), spec.name);
	spec_fini(&spec);
	if (!t || (goal != PROGRESS_SHOW && !session_is_busy(t)))
		t = sessions_start(app_sessions(app), ref, goal == PROGRESS_BOOT ? JOB_LOGIN : JOB_PREPARED, false, e);
	if (!t)
		return strcmp(e->id, RISK_ERROR) ? NULL : agree_ask(app, ref, goal, e);
	p = xcalloc(1, sizeof(*p));
	p->name = xstrdup(t->name);
	p->path = xstrdup(t->path);
	return screen_push(app, &progress_ops, p);
}
