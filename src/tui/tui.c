/* SPDX-License-Identifier: MIT */
/* tui: from the first screen to the exit status; see include/tui/tui.h. */
#include "tui/tui.h"

#include "tui/app.h"
#include "tui/screens.h"
#include "tui/term.h"

bool tui_possible(void)
{
	return term_is_there();
}

/* Home lies below all but the console: leaving the first screen comes there. */
static int begin(struct app *app, enum tui_start start, const char *ref, struct err *e)
{
	switch (start) {
	case TUI_NEW:
		screen_home(app);
		return screen_wizard(app, NULL, e) ? 0 : -1;
	case TUI_EDIT:
		screen_home(app);
		return screen_wizard(app, ref, e) ? 0 : -1;
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
	struct app *app = app_new(conf, e);
	int status;

	if (!app)
		return -1;
	if (begin(app, start, ref, e) < 0)
		status = -1;
	else
		status = app_run(app);
	app_free(app);
	return status;
}
