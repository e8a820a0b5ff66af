/* SPDX-License-Identifier: MIT */
/* tui: from the first screen to the exit status; see include/tui/tui.h. */
#include "tui/tui.h"

#include <stdlib.h>

#include "tui/screens.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/term.h"

bool tui_possible(void)
{
	return term_is_there();
}

/* The first questions take --set and --mirror for answers; nothing after them does. */
static int tui_ask(struct app *app, struct tui_conf *conf, const char *path, struct err *e)
{
	int r;

	screen_home(app);
	r = screen_wizard(app, path, e) ? 0 : -1;
	conf->sets = NULL;
	conf->mirror = NULL;
	return r;
}

/* Home lies below all but the console: leaving the first screen comes there. */
static int tui_begin(struct app *app, struct tui_conf *conf, enum tui_start start, const char *ref, struct err *e)
{
	switch (start) {
	case TUI_NEW:
		return tui_ask(app, conf, NULL, e);
	case TUI_EDIT:
		return tui_ask(app, conf, ref, e);
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

int tui_run(const struct tui_conf *conf, enum tui_start start, const char *ref, struct err *e)
{
	struct tui_conf own = *conf;
	struct app *app;
	char *machine = NULL;
	int status = -1;

	if ((start == TUI_OPEN || start == TUI_CONSOLE) && store_find_ini(conf->store, ref, &machine, e) < 0)
		return -1;
	own.machine = machine;
	app = app_new(&own, e);
	if (app && tui_begin(app, &own, start, ref, e) == 0)
		status = app_run(app);
	app_free(app);
	free(machine);
	return status;
}
