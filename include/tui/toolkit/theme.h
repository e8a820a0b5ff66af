/* SPDX-License-Identifier: MIT */
/*
 * theme: what things look like, by their role. Colour only adds: every role reads without it.
 */
#ifndef TUI_TOOLKIT_THEME_H
#define TUI_TOOLKIT_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/toolkit/term.h"

enum role {
	ROLE_TEXT,
	ROLE_STRONG, /* what the eye should find first */
	ROLE_DIM,    /* what is not to be had, and what is said by the way */
	ROLE_HEADER, /* the first line */
	ROLE_HEADER_DIM,
	ROLE_HEADING,	/* above a group of rows */
	ROLE_FOCUS,	/* the row or field that keys act on */
	ROLE_FOCUS_DIM, /* such a row that cannot be chosen */
	ROLE_FIELD,	/* where something can be typed */
	ROLE_GOOD,
	ROLE_WORK,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_MARK, /* a place within text: what a search found, the line of a field */
	ROLE_BAR,
	ROLE_BAR_REST,
	ROLE_FRAME,
	ROLE_KEY, /* name of a key in the last line */
	ROLE_COUNT
};

enum theme_kind { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_MONO };

/* Curses' attributes and colour pair, which only src/tui takes apart. */
struct theme {
	struct {
		uint64_t attr;
		int pair;
	} roles[ROLE_COUNT];
};

/* Fills the theme for what the terminal can; call after term_open. `kind` AUTO asks the terminal.
 */
void theme_init(struct theme *t, const struct term_caps *caps, enum theme_kind kind);
/* "auto", "dark", "light", "mono"; false: no such theme. */
bool theme_find(const char *name, enum theme_kind *out);

#endif
