/* SPDX-License-Identifier: MIT */
/*
 * app: the full-screen program: one loop with the keyboard, timers and work in it, and a stack of
 * screens. Paints once a turn, what curses finds changed; waits without using the processor.
 */
#ifndef TUI_TOOLKIT_APP_H
#define TUI_TOOLKIT_APP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/loop.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "tui/toolkit/screen.h"
#include "tui/toolkit/theme.h"

struct app;

/* What the program is built on; all pointers are borrowed. */
struct app_conf {
	struct loop *loop;
	const struct catalog *catalog;
	const struct store *store;
	/* The work that ends with the program and not with its screen: appends in words what is under way, if anything
	 * is; and stops all of it, running the loop until it has ended. */
	void (*describe_work)(struct buf *out, void *data);
	void (*end_work)(void *data);
	void *data;
};

/* Opens the terminal. `conf` is borrowed. NULL with e. */
struct app *app_new(const struct app_conf *conf, struct err *e);
/* Runs until app_leave or a signal; needs a screen on the stack. Gives the exit status. */
int app_run(struct app *app);
void app_free(struct app *app);

void *app_data(const struct app *app);
struct loop *app_loop(const struct app *app);
const struct catalog *app_catalog(const struct app *app);
const struct store *app_store(const struct app *app);
struct term *app_term(const struct app *app);
const struct term_caps *app_caps(const struct app *app);

/* Something that is in sight has changed: paint at the end of this turn. */
void app_changed(struct app *app);
/* What is on disk has changed: the uppermost screen looks again (screen_ops.shown). */
void app_look_again(struct app *app);
/* app_run is over: only what is still under way comes to its end. */
bool app_has_ended(const struct app *app);
/* Paints everything anew, as after noise on the line. */
void app_redraw(struct app *app);
/* The person wants to leave: each screen from the uppermost is asked (screen_ops.leaving). */
void app_ask_leave(struct app *app);
/* Ends app_run with this status. */
void app_leave(struct app *app, int status);

/* Work on a pool thread that the program's end waits for: leaving asks first, and stops it. Linked
 * in until app_work_end; the strings are borrowed as long. */
struct app_work {
	struct app_work *next;
	const char *words;	 /* what goes on and what becomes of it, a sentence or two */
	void (*stop)(void *arg); /* to end soon */
	void *arg;
};
void app_work_begin(struct app *app, struct app_work *w);
void app_work_end(struct app *app, struct app_work *w);

#endif
