/* SPDX-License-Identifier: MIT */
/*
 * text_field: one line of text to edit: cursor, words, delete, paste. A text that is wider than the field
 * scrolls sideways.
 */
#ifndef TUI_TOOLKIT_WIDGET_TEXT_H
#define TUI_TOOLKIT_WIDGET_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/toolkit/canvas.h"
#include "tui/toolkit/key.h"

struct text_field {
	char *text;	/* never NULL after init; UTF-8 without control characters */
	size_t len, at; /* bytes; at: the cursor */
	size_t max;	/* most bytes */
	bool secret;	/* shown as dots */
	bool fresh;	/* the first typed character replaces the text */
};

void text_field_init(struct text_field *f, size_t max);
void text_field_fini(struct text_field *f); /* wipes a secret */
void text_field_set(struct text_field *f, const char *text);
/* Handles a key of editing; false: it is not one, as Up, Down, Tab, Enter and Esc are not. */
bool text_field_key(struct text_field *f, const struct key *k);
/* Paints the field over `columns` columns; returns the column of the cursor within the canvas. */
int text_field_paint(const struct text_field *f, const struct canvas *c, int row, int column, int columns, bool focus,
		     enum role role);
/* Puts the cursor at a click, `offset` columns from the field's left end. */
void text_field_click(struct text_field *f, int columns, int offset);

#endif
