/* SPDX-License-Identifier: MIT */
/*
 * screens: each full screen by the function that puts it on the stack. NULL with e where it cannot
 * be shown; nothing is on the stack then.
 */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "base/err.h"
#include "tui/toolkit/app.h"

/* The saved machines; what this host has and lacks where there is none yet. */
struct screen *screen_home(struct app *app);
/* The questions for a new machine (path NULL) or for a file. */
struct screen *screen_wizard(struct app *app, const char *path, struct err *e);
/* One machine: its state, what it is, what can be done. `ref` is NAME or FILE. */
struct screen *screen_machine(struct app *app, const char *ref, struct err *e);

/* The same, and asks it to stop. */
struct screen *screen_machine_stop(struct app *app, const char *ref, struct err *e);
/* Its snapshots. */
struct screen *screen_snapshots(struct app *app, const char *ref, struct err *e);
/* Its console, live. */
struct screen *screen_console(struct app *app, const char *ref, struct err *e);

enum progress_goal { PROGRESS_PREPARE, PROGRESS_BOOT, PROGRESS_LOOK };
/* Prepares (and boots) the machine and shows how it goes; shows the work that is under way already
 * where there is some. PROGRESS_LOOK: also work that has ended, whatever its end was. */
struct screen *screen_progress(struct app *app, const char *ref, enum progress_goal goal, struct err *e);

#endif
