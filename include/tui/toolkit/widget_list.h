/* SPDX-License-Identifier: MIT */
/*
 * list: rows in columns, one of them under the cursor. A row that cannot be chosen is shown dimmed, with the reason in
 * the same row. The rows (base/choice.h) are borrowed; the list has only its cursor.
 */
#ifndef TUI_TOOLKIT_WIDGET_LIST_H
#define TUI_TOOLKIT_WIDGET_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/choice.h"
#include "tui/toolkit/canvas.h"
#include "tui/toolkit/key.h"

struct list {
	size_t at, first;
	int rows;  /* in sight, as painted last */
	bool idle; /* another widget has the cursor: no row is marked */
};

/* The width of each column over all rows; [0]: of the label. */
struct list_widths {
	int columns[1 + CHOICE_COLUMNS];
};
void list_measure(const struct canvas *c, const struct choice *rows, size_t n, struct list_widths *w);
/* One row from `column` on: marker, `sign` ("(•)" or ""), columns, reason. */
void list_paint_row(const struct canvas *c, int at, int column, const struct choice *row, const struct list_widths *w,
		    bool focus, const char *sign);
/* Paints the list, scrolled so that the cursor is in sight. */
void list_paint(struct list *l, const struct canvas *c, const struct choice *rows, size_t n);
/* Scrolls so that the cursor is in sight in that many rows; list_paint does it. */
void list_scroll(struct list *l, int in_sight, size_t n);
/* Moves the cursor; true: it was a key of the list. */
bool list_key(struct list *l, const struct key *k, size_t n);
/* Moves the cursor to the row that was clicked; false: none was. */
bool list_click(struct list *l, const struct key *k, size_t n);

#endif
