/* SPDX-License-Identifier: MIT */
/* screen_log: growing texts to read: the log of a session, and of a machine's serial console. */
#ifndef TUI_SCREEN_LOG_H
#define TUI_SCREEN_LOG_H

#include "tui/toolkit/app.h"
#include "tui/toolkit/widget_viewer.h"

/* Shows the log of the session of the machine `name`, as it grows. */
struct screen *screen_session_log(struct app *app, const char *name);
/* Shows the last part of the machine's console log, as it grows. */
struct screen *screen_console_log(struct app *app, const char *name);

/* The end of a machine's console log in a viewer, line by line, as it grows; made harmless. */
struct log_tail;
/* Begins at most `most` bytes before the end of the log, or waits for it to be created. `v` is borrowed. */
struct log_tail *log_tail_open(struct app *app, const char *name, size_t most, struct viewer *v);
void log_tail_close(struct log_tail *t); /* NULL is fine */

#endif
