/* SPDX-License-Identifier: MIT */
/*
 * tui: the full-screen interface. main.c hands these functions to the command line's verbs; neither interface knows the
 * other.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdbool.h>

#include "base/err.h"
#include "session/conf.h"

enum tui_start { TUI_HOME, TUI_NEW, TUI_OPEN, TUI_CONSOLE, TUI_EDIT };

/* Whether a full screen is possible: standard input and output are a terminal. */
bool tui_possible(void);
/* Runs the screens, from that one on. `ref` is NAME or FILE for OPEN and CONSOLE, the path of a
 * file for EDIT (borrowed), else NULL. --set and --mirror answer the questions of NEW and
 * EDIT, but not of later ones; with OPEN and CONSOLE they apply to each run of that machine alone.
 * Returns the exit status; -1 with e if it could not start. */
int tui_run(const struct session_conf *options, enum tui_start start, const char *ref, struct err *e);

#endif
