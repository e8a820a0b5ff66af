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

int tui_run(const struct tui_conf *conf, enum tui_start start, const char *ref, struct err *e)
{
	struct app *app = app_new(conf, e);
	int status;

	if (!app)
		return -1;
	(void)start;
	(void)ref;
	screen_home(app);
	status = app_run(app);
	app_free(app);
	return status;
}
