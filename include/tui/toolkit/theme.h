/* SPDX-License-Identifier: MIT */
/*
 * theme: how things look, by their role. Colour only adds: every role is readable without it.
 */
#ifndef TUI_TOOLKIT_THEME_H
#define TUI_TOOLKIT_THEME_H

#include <stdbool.h>

#include "tui/toolkit/term.h"

enum role {
	ROLE_TEXT,
	ROLE_STRONG, /* what the eye should find first */
	ROLE_DIM,    /* what cannot be chosen, and remarks */
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

struct theme {
	struct term_style roles[ROLE_COUNT];
};

/* Fills the theme for what the terminal can do. THEME_AUTO: as the terminal's background is. */
void theme_init(struct theme *t, const struct term_caps *caps, enum theme_kind kind);
/* The names of enum theme_kind in debwiz.ini; ends with NULL. */
extern const char *const theme_names[];

#endif
