/* SPDX-License-Identifier: MIT */
/* app: see include/tui/toolkit/app.h. */
#include "tui/toolkit/app.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "tui/toolkit/app_priv.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/settings.h"

void *app_data(const struct app *app)
{
	return app->conf->data;
}

struct loop *app_loop(const struct app *app)
{
	return app->conf->loop;
}

const struct catalog *app_catalog(const struct app *app)
{
	return app->conf->catalog;
}

const struct store *app_store(const struct app *app)
{
	return app->conf->store;
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

void app_look_again(struct app *app)
{
	if (app->top && app->top->ops->shown)
		app->top->ops->shown(app->top);
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

static void app_on_leave_work(size_t choice, void *arg)
{
	if (choice == 1)
		app_leave(arg, ERR_INTERRUPTED);
}

/* What is under way and ends with the program; false: nothing. */
static bool app_add_work(struct app *app, struct buf *out)
{
	app->conf->describe_work(out, app->conf->data);
	for (const struct app_work *w = app->works; w; w = w->next)
		buf_addf(out, "%s%s", out->len ? "\n\n" : "", w->words);
	return out->len > 0;
}

/* Work that is under way ends with the program: the person says whether. */
static void app_ask_about_work(struct app *app, const char *text)
{
	static const char *const choices[] = {"Stay", "Stop it and leave"};
	struct dialog_question q = {
		.title = "Work is under way",
		.text = text,
		.choices = choices,
		.count = 2,
		.role = ROLE_WARN,
		.answer = app_on_leave_work,
		.arg = app,
	};

	dialog_ask(app, &q);
}

void app_ask_leave(struct app *app)
{
	struct buf text;

	for (struct screen *s = app->top; s; s = s->below)
		if (s->ops->leaving && s->ops->leaving(s))
			return;
	buf_init(&text, 0);
	if (app_add_work(app, &text))
		app_ask_about_work(app, text.data);
	else
		app_leave(app, 0);
	buf_fini(&text);
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

static void app_close_removed(struct app *app)
{
	while (app->removed) {
		struct screen *s = app->removed;

		app->removed = s->below;
		if (s->ops->close)
			s->ops->close(s);
		free(s);
	}
}

/* The end of a turn: what was taken off is closed, what has changed is painted. */
static void app_on_turn(void *arg)
{
	struct app *app = arg;

	app_close_removed(app);
	if (!app->top && !app->ended)
		app_leave(app, 0);
	if (app->resized) {
		app->resized = false;
		if (term_resize(app->term))
			app_changed(app);
	}
	if (app->stop_wanted && !app->ended) {
		app->stop_wanted = false;
		app_suspend(app);
	}
	if (app->changed && !app->ended) {
		if (app->top && app->top->ops->sync)
			app->top->ops->sync(app->top);
		app->changed = false;
		term_moves(app->term,
			   app->top && app->top->ops->moves ? app->top->ops->moves(app->top) : TERM_MOVES_NONE);
		app_paint(app);
	}
}

static void app_on_keyboard(int events, void *arg)
{
	(void)events;
	app_input(arg);
}

/* ---- signals ---- */

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

/* Not at once: where its end has come as well by now, there is nothing to stop for. Stopped here it
 * would wait for a second SIGCONT. */
static void app_on_suspend(void *arg)
{
	((struct app *)arg)->stop_wanted = true;
}

static void app_on_continue(void *arg)
{
	struct app *app = arg;

	app->stop_wanted = false;
	term_leave(app->term); /* the shell has set modes of its own meanwhile */
	term_enter(app->term);
	app_redraw(app);
}

static const struct {
	int signum;
	void (*fn)(void *arg);
} handled[] = {
	{SIGWINCH, app_on_resize},   {SIGTERM, app_on_end},	{SIGHUP, app_on_end},	    {SIGINT, app_on_interrupt},
	{SIGQUIT, app_on_interrupt}, {SIGTSTP, app_on_suspend}, {SIGCONT, app_on_continue},
};
#define HANDLED (sizeof(handled) / sizeof(*handled))
enum { AT_SUSPEND = 5, AT_CONTINUE };

static void app_watch_signal(struct app *app, size_t i)
{
	app->signals[i] = loop_signal_start(app_loop(app), handled[i].signum, handled[i].fn, app);
}

static void app_unwatch_signal(struct app *app, size_t i)
{
	loop_signal_stop(app->signals[i]);
	app->signals[i] = NULL;
}

/* Before curses is opened: where SIGTSTP has no handler then, curses ignores the signal each time
 * it writes, and one that comes meanwhile is lost (ncurses, _nc_signal_handler). */
static void app_watch_signals(struct app *app)
{
	for (size_t i = 0; i < HANDLED; i++)
		app_watch_signal(app, i);
}

static void app_unwatch_signals(struct app *app)
{
	for (size_t i = 0; i < HANDLED; i++)
		app_unwatch_signal(app, i);
}

static void app_handle_stop(void (*handler)(int))
{
	struct sigaction act = {.sa_handler = handler};

	sigemptyset(&act.sa_mask);
	sigaction(SIGTSTP, &act, NULL);
}

static void app_mask_stop(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	pthread_sigmask(how, &set, NULL);
}

/* The stop of a process group whose leader's parent is of another session is discarded, for nobody
 * could continue it (POSIX, 2.4.3 and "orphaned process group"): as in `xterm -e debwiz`. */
static bool app_can_be_stopped(void)
{
	pid_t theirs = getsid(getppid());

	return theirs < 0 || theirs == getsid(0);
}

/* First the others of the job, then this thread by itself: a signal to the group may be taken by a
 * thread of the pool, and then kill returns before the stop, with the full screen back too early.
 * One that comes meanwhile waits behind the mask, and SIGCONT takes it away with ours. */
bool app_suspend(struct app *app)
{
	if (!app_can_be_stopped())
		return false;
	term_leave(app->term);
	app_mask_stop(SIG_BLOCK);
	app_unwatch_signal(app, AT_SUSPEND);
	app_unwatch_signal(app, AT_CONTINUE);
	app_handle_stop(SIG_IGN);
	kill(0, SIGTSTP);
	app_handle_stop(SIG_DFL);
	raise(SIGTSTP);
	app_mask_stop(SIG_UNBLOCK); /* stopped here, until it is continued */
	app_watch_signal(app, AT_SUSPEND);
	app_watch_signal(app, AT_CONTINUE);
	term_enter(app->term);
	app_redraw(app);
	return true;
}

/* ---- life ---- */

struct app *app_new(const struct app_conf *conf, struct err *e)
{
	struct app *app = xcalloc(1, sizeof(*app));
	struct settings settings;
	char *report;

	app->conf = conf;
	if (settings_read(&settings, conf->store, e) < 0) {
		free(app);
		return NULL;
	}
	app_watch_signals(app);
	app->term = term_open(e);
	if (!app->term) {
		app_unwatch_signals(app);
		free(app);
		return NULL;
	}
	theme_init(&app->theme, app_caps(app), settings.theme);
	report = file_join(conf->store->data_dir, "crash.txt");
	term_report(report);
	free(report);
	app->turn = loop_turn_start(conf->loop, app_on_turn, app);
	app->keyboard = loop_fd_start(conf->loop, term_fd(app->term), LOOP_READ, app_on_keyboard, app);
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
	while (app->top || app->removed) { /* closing one may put up another */
		if (app->top)
			screen_pop(app->top);
		app_close_removed(app);
	}
	loop_fd_stop(app->keyboard);
	loop_turn_stop(app->turn);
	for (const struct app_work *w = app->works; w; w = w->next)
		w->stop(w->arg);
	app->conf->end_work(app->conf->data);
	term_close(app->term); /* before a signal can stop what still has it */
	app_unwatch_signals(app);
	app->ended = true;
	loop_run(app_loop(app)); /* work on a pool thread that still needs what is there */
	free(app);
}
