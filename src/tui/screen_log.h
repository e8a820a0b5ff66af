/* SPDX-License-Identifier: MIT */
/*
 * screen_log: a growing text to read: the log of a machine's preparation, its serial console's.
 */
#ifndef TUI_SCREEN_LOG_H
#define TUI_SCREEN_LOG_H

#include "tui/toolkit/app.h"

/* What is told of the work on the machine `name`, as it comes. */
struct screen *screen_task_log(struct app *app, const char *name);
/* The machine's console log, from its last megabyte on; grows while it is shown. */
struct screen *screen_console_log(struct app *app, const char *name);

#endif
