/* SPDX-License-Identifier: MIT */
/*
 * screens: each full screen by the function that puts it on the stack. NULL with e if it cannot be shown; the stack is
 * unchanged then.
 */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "base/err.h"
#include "tui/toolkit/app.h"

/* The machines of this host; without any, what the host has and lacks. */
struct screen *screen_home(struct app *app);
/* The questions for a new machine (path NULL) or for a file. */
struct screen *screen_wizard(struct app *app, const char *path, struct err *e);
/* One machine: its state, its facts, what can be done with it. `ref` is NAME or FILE. */
struct screen *screen_machine(struct app *app, const char *ref, struct err *e);

/* The same, and stops the machine. */
struct screen *screen_machine_stop(struct app *app, const char *ref, struct err *e);
/* The snapshots of a machine. */
struct screen *screen_snapshots(struct app *app, const char *ref, struct err *e);
/* The live console of a machine. */
struct screen *screen_console(struct app *app, const char *ref, struct err *e);

/* Asks for a source package and builds it in a temporary machine with the settings of `machine`. `asks`: first lets the
 * user choose the machine, or an architecture and a release; `machine` is then only the preselected row, or NULL. */
struct screen *screen_build(struct app *app, const char *machine, bool asks);

enum progress_goal { PROGRESS_PREPARE, PROGRESS_BOOT, PROGRESS_SHOW };
/* Prepares (and boots) the machine and shows the progress; or shows the session that is under way for it.
 * PROGRESS_SHOW: also shows one that has ended, however it ended. */
struct screen *screen_progress(struct app *app, const char *ref, enum progress_goal goal, struct err *e);

#endif
