/* SPDX-License-Identifier: MIT */
/* app: runs the loop of the full screens: keys, signals and work come in, and each turn paints once. */
#include "tui/toolkit/app.h"

#include <stdlib.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/signals.h"
#include "host/tty.h"
#include "screen_stack.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/settings.h"

#define EMPTY_MAX 50 /* times that input was announced and brought nothing */

struct app {
	const struct app_conf *conf;
	struct term *term;
	struct screen_stack *stack;
	struct signals *signals;
	struct loop_turn *turn;
	bool changed, ended;	/* to be painted; app_run is over */
	bool resized, stop_due; /* by a signal of this turn */
	struct app_work *works;
	unsigned empty; /* announcements of input in a row that brought none */
	int status;
};

struct screen_stack *app_stack(const struct app *app)
{
	return app->stack;
}

void *app_data(const struct app *app)
{
	return app->conf->data;
}

struct loop *app_loop(const struct app *app)
{
	return app->conf->loop;
}

struct term *app_term(const struct app *app)
{
	return app->term;
}

const struct term_caps *app_caps(const struct app *app)
{
	return term_caps(app->term);
}

void app_changed(struct app *app)
{
	app->changed = true;
}

void app_refresh(struct app *app)
{
	struct screen *top = screen_top(app);

	if (top && top->ops->shown)
		top->ops->shown(top);
	app_changed(app);
}

bool app_has_ended(const struct app *app)
{
	return app->ended;
}

void app_redraw(struct app *app)
{
	term_repaint(app->term);
	app_changed(app);
}

void app_leave(struct app *app, int status)
{
	if (!app->ended)
		app->status = status;
	app->ended = true;
	loop_stop(app_loop(app));
}

/* ---- leaving ---- */

static void app_on_leave_work(size_t choice, void *arg)
{
	if (choice == 1)
		app_leave(arg, ERR_INTERRUPTED);
}

/* Adds the work that is under way and ends with the program; false: there is none. */
static bool app_add_work(struct app *app, struct buf *out)
{
	app->conf->describe_work(out, app->conf->data);
	for (const struct app_work *w = app->works; w; w = w->next)
		buf_addf(out, "%s%s", out->len ? "\n\n" : "", w->text);
	return out->len > 0;
}

void app_ask_leave(struct app *app)
{
	AUTO_BUF struct buf text = {0};

	for (struct screen *s = screen_top(app); s; s = s->below)
		if (s->ops->leaving && s->ops->leaving(s))
			return;
	buf_init(&text, 0);
	if (app_add_work(app, &text))
		dialog_ask_whether(app, "Work is under way", text.data, "Stay", "Stop it and leave", app_on_leave_work,
				   app);
	else
		app_leave(app, 0);
}

void app_work_begin(struct app *app, struct app_work *w)
{
	w->next = app->works;
	app->works = w;
}

void app_work_end(struct app *app, struct app_work *w)
{
	struct app_work **at = &app->works;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}

/* ---- signals ---- */

/* Gives the terminal to the shell and stops, until the job is continued. False: nothing could continue it here. */
static bool app_suspend(struct app *app, void (*suspend)(struct signals *s))
{
	if (!signals_can_suspend())
		return false;
	term_leave(app->term);
	suspend(app->signals);
	term_enter(app->term);
	app_redraw(app);
	return true;
}

static void app_on_resize(void *arg)
{
	((struct app *)arg)->resized = true;
}

static void app_on_end(void *arg)
{
	app_leave(arg, ERR_INTERRUPTED);
}

static void app_on_interrupt(void *arg)
{
	app_ask_leave(arg);
}

/* Stops only at the end of the turn: if the program's end came with the signal, there is nothing to stop for, and a
 * process that was stopped here would wait for a second SIGCONT. */
static void app_on_suspend(void *arg)
{
	((struct app *)arg)->stop_due = true;
}

static void app_on_continue(void *arg)
{
	struct app *app = arg;

	app->stop_due = false;
	term_leave(app->term); /* the shell has set its own modes */
	term_enter(app->term);
	app_redraw(app);
}

static const struct signals_ops signals_ops = {.resized = app_on_resize,
					       .ended = app_on_end,
					       .interrupted = app_on_interrupt,
					       .suspended = app_on_suspend,
					       .continued = app_on_continue};

/* ---- keys ---- */

static bool app_give_key(struct app *app, const struct key *k)
{
	struct screen *top = screen_top(app);

	return top && top->ops->key(top, k);
}

static void app_key(struct app *app, const struct key *k);

/* A click into the last line is the key that is shown there; the wheel is Up or Down three times for a screen that does
 * not take it. */
static void app_mouse(struct app *app, const struct key *k)
{
	struct screen *top = screen_top(app);
	struct key there = *k, pressed = {0};
	struct key step = {.code = k->mouse == MOUSE_WHEEL_UP ? K_UP : K_DOWN};

	if (!top->ops->bare && k->mouse == MOUSE_PRESS &&
	    screen_stack_key_at(app->stack, k->row, k->column, &pressed.code)) {
		if (pressed.code)
			app_key(app, &pressed);
		return;
	}
	there.row -= top->top;
	there.column -= top->left;
	if (app_give_key(app, &there) || k->mouse == MOUSE_PRESS)
		return;
	for (int i = 0; i < 3; i++)
		app_give_key(app, &step);
}

static void app_show_help(struct app *app)
{
	struct screen *top = screen_top(app);
	AUTO_FREE char *text = top && top->ops->help ? top->ops->help(top) : NULL;

	if (text)
		dialog_text(app, "Help", text);
}

static void app_refuse_suspend(struct app *app)
{
	AUTO_ERR struct err e = ERR_INIT;

	err_set(&e, ERR_USAGE, "no-shell", "debwiz cannot be stopped here: no shell waits to continue it");
	err_hint(&e, "F10 leaves; running machines keep running");
	dialog_error(app, "Ctrl-Z", &e);
}

static void app_key(struct app *app, const struct key *k)
{
	struct screen *top = screen_top(app);
	struct key plain = *k;

	app_changed(app);
	if (!top)
		return;
	if (top->ops->bare) {
		if (k->code == K_MOUSE)
			app_mouse(app, k);
		else
			app_give_key(app, k);
		return;
	}
	plain.alt = false;
	if (k->code == K_CTRL('q') || k->code == K_F(10) || k->code == K_CTRL('c') || k->code == K_CTRL('\\')) {
		app_ask_leave(app);
	} else if (k->code == K_CTRL('z')) {
		if (!app_suspend(app, signals_suspend_now))
			app_refuse_suspend(app);
	} else if (k->code == K_CTRL('l')) {
		app_redraw(app);
	} else if (screen_stack_is_cramped(app->stack)) {
		return; /* the user cannot see what the key would do */
	} else if (k->code == K_MOUSE) {
		app_mouse(app, k);
	} else if (!app_give_key(app, &plain) && (k->code == K_F(1) || k->code == '?')) {
		app_show_help(app);
	}
}

static bool app_is_bare(const struct app *app)
{
	struct screen *top = screen_top(app);

	return top && top->ops->bare;
}

/* Reads the keyboard until it is empty. */
static void app_on_input(void *arg)
{
	struct app *app = arg;
	struct key k;
	bool any;

	while (!app->ended && term_key(app->term, &k, app_is_bare(app)))
		app_key(app, &k);
	any = term_heard(app->term);
	app->empty = any ? 0 : app->empty + 1;
	if (!any && (tty_gone() || app->empty > EMPTY_MAX))
		app_leave(app, ERR_INTERRUPTED);
}

static const struct tty_ops app_tty_ops = {.input = app_on_input, .resized = app_on_resize};

/* ---- life ---- */

static void app_paint(struct app *app)
{
	struct screen *top = screen_top(app);

	if (top && top->ops->sync)
		top->ops->sync(top);
	top = screen_top(app); /* it may have put a dialog on top */
	app->changed = false;
	term_moves(app->term, top && top->ops->moves ? top->ops->moves(top) : TERM_MOVES_NONE);
	screen_stack_paint(app->stack);
}

/* At the end of a turn of the loop: closes the screens that were taken off, and paints what has changed. */
static void app_on_turn(void *arg)
{
	struct app *app = arg;

	screen_stack_close_removed(app->stack);
	if (!screen_top(app) && !app->ended)
		app_leave(app, 0);
	if (app->resized) {
		app->resized = false;
		if (term_resize(app->term))
			app_changed(app);
	}
	if (app->stop_due && !app->ended) {
		app->stop_due = false;
		app_suspend(app, signals_suspend);
	}
	if (app->changed && !app->ended)
		app_paint(app);
}

struct app *app_new(const struct app_conf *conf, struct err *e)
{
	struct settings settings;
	struct app *app;
	char *report;

	if (settings_read(&settings, conf->config_dir, e) < 0)
		return NULL;
	app = xcalloc(1, sizeof(*app));
	app->conf = conf;
	app->signals = signals_start(conf->loop, &signals_ops, app);
	app->term = term_open(e);
	if (!app->term) {
		signals_stop(app->signals);
		free(app);
		return NULL;
	}
	app->stack = screen_stack_new(app->term, settings.theme);
	report = file_join(conf->data_dir, "crash.txt");
	term_report(report);
	free(report);
	app->turn = loop_turn_start(conf->loop, app_on_turn, app);
	tty_watch(conf->loop, &app_tty_ops, app);
	return app;
}

int app_run(struct app *app)
{
	app_changed(app);
	while (!app->ended)
		loop_run(app_loop(app));
	return app->status;
}

void app_free(struct app *app)
{
	if (!app)
		return;
	screen_stack_close(app->stack);
	tty_unwatch();
	loop_turn_stop(app->turn);
	for (const struct app_work *w = app->works; w; w = w->next)
		w->stop(w->arg);
	app->conf->end_work(app->conf->data);
	term_close(app->term); /* before a signal can stop a program that still has it */
	signals_stop(app->signals);
	app->ended = true;
	loop_run(app_loop(app)); /* until the work on pool threads, which needs this struct, has ended */
	screen_stack_free(app->stack);
	free(app);
}
