/* SPDX-License-Identifier: MIT */
/*
 * app: the full-screen program: one loop with the keyboard, timers and work in it, and a stack of
 * screens. Paints once per turn of the loop, and sends what has changed; waits without using the processor.
 */
#ifndef TUI_TOOLKIT_APP_H
#define TUI_TOOLKIT_APP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/loop.h"
#include "tui/toolkit/screen.h"

struct app;

/* What the program is built on; all pointers are borrowed. */
struct app_conf {
	struct loop *loop;
	const char *config_dir, *data_dir; /* of debwiz.ini; of the report of a crash */
	/* The work that ends with the program and not with its screen: appends in words what is under way, if anything
	 * is; and stops all of it, running the loop until it has ended. */
	void (*describe_work)(struct buf *out, void *data);
	void (*end_work)(void *data);
	void *data;
};

/* Opens the terminal. `conf` is borrowed. NULL with e. */
struct app *app_new(const struct app_conf *conf, struct err *e);
/* Runs until app_leave or a signal; needs a screen on the stack. Returns the exit status. */
int app_run(struct app *app);
void app_free(struct app *app);

void *app_data(const struct app *app);
struct loop *app_loop(const struct app *app);
struct term *app_term(const struct app *app);
const struct term_caps *app_caps(const struct app *app);

/* Paints at the end of this turn, because something that is in sight has changed. */
void app_changed(struct app *app);
/* Refreshes the uppermost screen (screen_ops.shown), because files have changed. */
void app_refresh(struct app *app);
/* Whether app_run is over, so that only work that is still under way comes to its end. */
bool app_has_ended(const struct app *app);
/* Repaints everything, for example after noise on the line. */
void app_redraw(struct app *app);
/* Leaves if each screen, from the uppermost down, agrees (screen_ops.leaving), and if no work is under way or the user
 * agrees to stop it. */
void app_ask_leave(struct app *app);
/* Ends app_run with this status. */
void app_leave(struct app *app, int status);

/* Work on a pool thread that the program's end waits for: leaving asks first, and stops it. The struct and its
 * strings are borrowed until app_work_end. */
struct app_work {
	struct app_work *next;
	const char *text;	 /* what is under way and what stopping it does, a sentence or two */
	void (*stop)(void *arg); /* makes it end soon */
	void *arg;
};
void app_work_begin(struct app *app, struct app_work *w);
void app_work_end(struct app *app, struct app_work *w);

#endif
