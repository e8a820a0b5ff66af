/* SPDX-License-Identifier: MIT */
/* tui: runs the full screens: from the first screen to the exit status. */
#include "tui/tui.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/term.h"

struct sessions *app_sessions(const struct app *app)
{
	return app_data(app);
}

const struct catalog *app_catalog(const struct app *app)
{
	return app_sessions(app)->conf->catalog;
}

const struct store *app_store(const struct app *app)
{
	return app_sessions(app)->conf->store;
}

bool tui_possible(void)
{
	return term_is_there();
}

static void tui_describe_work(struct buf *out, void *data)
{
	const char *name;
	size_t n = sessions_count(data, &name);

	if (n > 1)
		buf_addf(out, "%s and %zu more are being prepared. ", name, n - 1);
	else if (n)
		buf_addf(out, "%s is being prepared. ", name);
	if (n)
		buf_adds(out, "What is done is kept, and the next run continues there.");
}

static void tui_end_work(void *data)
{
	sessions_end(data);
}

static void tui_on_sessions_changed(void *arg)
{
	app_changed(*(struct app **)arg);
}

/* Takes --set and --mirror for answers to the first questions; nothing after them does. */
static int tui_ask(struct app *app, struct session_conf *conf, const struct session_conf *options, const char *path,
		   struct err *e)
{
	int r;

	screen_home(app);
	conf->sets = options->sets;
	conf->mirror = options->mirror;
	r = screen_wizard(app, path, e) ? 0 : -1;
	conf->sets = NULL;
	conf->mirror = NULL;
	return r;
}

/* Puts home below every first screen but the console: leaving the first screen shows it. */
static int tui_begin(struct app *app, struct session_conf *conf, const struct session_conf *options,
		     enum tui_start start, const char *ref, struct err *e)
{
	switch (start) {
	case TUI_NEW:
		return tui_ask(app, conf, options, NULL, e);
	case TUI_EDIT:
		return tui_ask(app, conf, options, ref, e);
	case TUI_OPEN:
		screen_home(app);
		return screen_machine(app, ref, e) ? 0 : -1;
	case TUI_CONSOLE:
		return screen_console(app, ref, e) ? 0 : -1;
	default:
		screen_home(app);
		return 0;
	}
}

int tui_run(const struct session_conf *options, enum tui_start start, const char *ref, struct err *e)
{
	bool one = start == TUI_OPEN || start == TUI_CONSOLE;
	struct session_conf conf = *options;
	struct app *app;
	struct sessions sessions = {.conf = &conf, .changed = tui_on_sessions_changed, .arg = &app};
	struct app_conf app_conf = {
		.loop = conf.loop,
		.config_dir = conf.store->config_dir,
		.data_dir = conf.store->data_dir,
		.describe_work = tui_describe_work,
		.end_work = tui_end_work,
		.data = &sessions,
	};
	AUTO_FREE char *machine = NULL;
	int status = -1;

	if (one && store_find_ini(conf.store, ref, &machine, e) < 0)
		return -1;
	conf.machine = machine;
	if (!one) {
		conf.sets = NULL;
		conf.mirror = NULL;
	}
	app = app_new(&app_conf, e);
	if (app && tui_begin(app, &conf, options, start, ref, e) == 0)
		status = app_run(app);
	app_free(app);
	return status;
}
