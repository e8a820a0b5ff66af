/* SPDX-License-Identifier: MIT */
/*
 * tui: the full-screen face. main.c hands these to the command line's verbs; neither face knows
 * the other.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdbool.h>

#include "base/err.h"
#include "session/conf.h"

enum tui_start { TUI_HOME, TUI_NEW, TUI_OPEN, TUI_CONSOLE, TUI_EDIT };

/* Whether a full screen can be had: standard input and output are a terminal. */
bool tui_possible(void);
/* Runs the face from that screen on. `ref` is NAME or FILE for OPEN and CONSOLE, the path of a
 * file for EDIT (borrowed), NULL else. --set and --mirror are answers to the questions of NEW and
 * EDIT, and of no later ones; with OPEN and CONSOLE they hold for each run of that machine alone.
 * Gives the exit status; -1 with e when it could not start. */
int tui_run(const struct session_conf *options, enum tui_start start, const char *ref, struct err *e);

#endif
