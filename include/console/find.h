/* SPDX-License-Identifier: MIT */
/*
 * find: looks for text in the scrollback and on the screen. Lines are numbered as in history.h; the
 * screen's rows follow the scrollback: row R is history_end() + R. A text of small letters alone is
 * found in any case (of ASCII letters).
 */
#ifndef CONSOLE_FIND_H
#define CONSOLE_FIND_H

#include "console/console.h"

#define FIND_TEXT_MAX 256

struct find_place {
	uint64_t line;
	int col, cols; /* first column and how many */
};

/* The nearest place before (`back`) or at or behind `*at` (line and col); changes *at and returns
 * true, or returns false. Does not go round. */
bool console_find(struct console *c, const char *text, bool back, struct find_place *at);

#endif
