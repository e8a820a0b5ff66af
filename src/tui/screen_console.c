/* SPDX-License-Identifier: MIT */
/* screen_console: a machine's console: the log of its serial line. */
#include <stdlib.h>

#include "tui/screen_log.h"
#include "tui/screens.h"

struct screen *screen_console(struct app *app, const char *ref, struct err *e)
{
	char *path;

	if (store_find_ini(app_store(app), ref, &path, e) < 0)
		return NULL;
	free(path);
	return screen_console_log(app, ref);
}
