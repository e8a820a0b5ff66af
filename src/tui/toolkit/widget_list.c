/* SPDX-License-Identifier: MIT */
/* widget_list: paints rows in columns and moves the cursor among them. */
#include "tui/toolkit/widget_list.h"

#include <string.h>

#define GAP 2

void list_measure(const struct canvas *c, const struct choice *rows, size_t n, struct list_widths *w)
{
	*w = (struct list_widths){{0}};
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k <= CHOICE_COLUMNS; k++) {
			const char *text = k ? rows[i].columns[k - 1] : rows[i].label;
			int width = k && rows[i].why_not ? 0 : canvas_width(c, text);

			if (width > w->columns[k])
				w->columns[k] = width;
		}
	}
}

/* Whether the text is a number, which is aligned to the right. */
static bool widget_list_is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789.")];
}

void list_paint_row(const struct canvas *c, int at, int column, const struct choice *row, const struct list_widths *w,
		    bool focus, const char *sign)
{
	enum role role = row->why_not ? (focus ? ROLE_FOCUS_DIM : ROLE_DIM) : (focus ? ROLE_FOCUS : ROLE_TEXT);
	int right = c->columns - 1;

	canvas_put(c, at, column, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
	column += 2;
	if (focus)
		canvas_fill(c, at, column, right - column, ROLE_FOCUS);
	if (*sign) {
		column += canvas_put(c, at, column, role, sign);
		column++;
	}
	for (int k = 0; k <= CHOICE_COLUMNS && column < right; k++) {
		const char *text = k ? row->columns[k - 1] : row->label;
		int space = right - column < w->columns[k] ? right - column : w->columns[k];

		if (!w->columns[k])
			continue;
		/* the reason takes the space of the columns that a possible row has */
		if (row->why_not && k)
			break;
		if (k && widget_list_is_number(text))
			canvas_put_right(c, at, column + space, role, text);
		else if (k)
			canvas_put_clause(c, at, column, space, role, text);
		else
			canvas_put_cut(c, at, column, space, role, text);
		column += w->columns[k] + GAP;
	}
	if (row->why_not && column < right)
		canvas_put_clause(c, at, column, right - column, role, row->why_not);
}

void list_scroll(struct list *l, int in_sight, size_t n)
{
	size_t rows = in_sight > 0 ? (size_t)in_sight : 1;

	l->rows = in_sight;
	if (l->at >= n)
		l->at = n ? n - 1 : 0;
	if (l->first > l->at)
		l->first = l->at;
	if (l->at >= l->first + rows)
		l->first = l->at - rows + 1;
	if (l->first + rows > n)
		l->first = n > rows ? n - rows : 0;
}

void list_paint(struct list *l, const struct canvas *c, const struct choice *rows, size_t n)
{
	struct list_widths w;

	list_scroll(l, c->rows, n);
	/* as wide as the rows in sight need */
	list_measure(c, rows + l->first, n - l->first < (size_t)c->rows ? n - l->first : (size_t)c->rows, &w);
	for (size_t i = l->first; i < n && i < l->first + (size_t)c->rows; i++)
		list_paint_row(c, (int)(i - l->first), 0, &rows[i], &w, !l->idle && i == l->at, "");
	if (l->first)
		canvas_put(c, 0, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (l->first + (size_t)c->rows < n)
		canvas_put(c, c->rows - 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
}

bool list_key(struct list *l, const struct key *k, size_t n)
{
	size_t page = l->rows > 1 ? (size_t)l->rows - 1 : 1;

	switch (k->code) {
	case K_UP:
		l->at -= l->at > 0;
		return true;
	case K_DOWN:
		l->at += l->at + 1 < n;
		return true;
	case K_HOME:
		l->at = 0;
		return true;
	case K_END:
		l->at = n ? n - 1 : 0;
		return true;
	case K_PAGE_UP:
		l->at = l->at > page ? l->at - page : 0;
		return true;
	case K_PAGE_DOWN:
		l->at = l->at + page < n ? l->at + page : n ? n - 1 : 0;
		return true;
	default:
		return false;
	}
}

bool list_click(struct list *l, const struct key *k, size_t n)
{
	size_t row = l->first + (size_t)(k->row > 0 ? k->row : 0);

	if (k->mouse != MOUSE_PRESS || k->row < 0 || k->row >= l->rows || row >= n)
		return false;
	l->at = row;
	return true;
}
