/* SPDX-License-Identifier: MIT */
/*
 * screens: each full screen by the function that puts it on the stack.
 */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "base/err.h"
#include "tui/app.h"

/* The saved machines; what this host has and lacks where there is none yet. */
struct screen *screen_home(struct app *app);

#endif
