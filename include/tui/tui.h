/* SPDX-License-Identifier: MIT */
/*
 * tui: the full-screen face. main.c hands these to the command line's verbs; neither face knows
 * the other.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "plan/store.h"

struct tui_conf {
	struct loop *loop;
	struct catalog *catalog;
	struct store *store;
	const struct strv *sets; /* --set, in order, for machines that are opened or made */
	const char *mirror;	 /* --mirror, or NULL */
	bool offline, strict;
};

enum tui_start { TUI_HOME, TUI_NEW, TUI_OPEN, TUI_CONSOLE, TUI_EDIT };

/* Whether a full screen can be had: standard input and output are a terminal. */
bool tui_possible(void);
/* Runs the face from that screen on. `ref` is NAME or FILE for OPEN and CONSOLE, the path of a
 * file for EDIT (borrowed), NULL else. Gives the exit status; -1 with e when it could not start. */
int tui_run(const struct tui_conf *conf, enum tui_start start, const char *ref, struct err *e);

#endif
