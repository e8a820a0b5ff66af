/* SPDX-License-Identifier: MIT */
/*
 * find: searches the scrollback and the screen. Lines are numbered as in history.h; the screen's rows follow the
 * scrollback: row R is history_end() + R. A text without capital letters matches in any case (ASCII).
 */
#ifndef CONSOLE_FIND_H
#define CONSOLE_FIND_H

#include "console/console.h"

#define FIND_TEXT_MAX 256

struct find_place {
	uint64_t line;
	int col, cols; /* first column and how many */
};

/* Finds the nearest match before (`back`), or at or after, `*at` (line and col). Returns true and changes *at, or
 * returns false. Does not wrap around. */
bool console_find(struct console *c, const char *text, bool back, struct find_place *at);

#endif
