/* SPDX-License-Identifier: MIT */
/* view: packs and applies updates of a screen. */
#include "console/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "console/row.h"

#define FORMAT 2
#define HEAD 39 /* without the title */

enum { SHOWN = 1, BLINKS = 2, ALTERNATE = 4, REVERSED = 8 };

static void view_put(struct buf *out, uint64_t v, unsigned bytes)
{
	while (bytes--)
		buf_addc(out, (char)(v >> (8 * bytes)));
}

static uint64_t view_get(const char **p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | (unsigned char)*(*p)++;
	return v;
}

void view_pack(struct buf *out, struct console *c, uint64_t since)
{
	const char *title = console_title(c);
	struct console_modes m;
	int rows = console_rows(c), changed = 0;

	console_modes(c, &m);
	for (int i = 0; i < rows; i++)
		changed += console_row_stamp(c, i) > since;
	view_put(out, FORMAT, 1);
	view_put(out,
		 (m.cursor ? SHOWN : 0) | (m.cursor_blink ? BLINKS : 0) | (m.alternate ? ALTERNATE : 0) |
			 (m.reverse ? REVERSED : 0),
		 1);
	view_put(out, m.cursor_shape, 1);
	view_put(out, m.mouse, 1);
	view_put(out, (uint64_t)rows, 2);
	view_put(out, (uint64_t)console_cols(c), 2);
	view_put(out, (uint64_t)m.row, 2);
	view_put(out, (uint64_t)m.col, 2);
	view_put(out, m.bells, 4);
	view_put(out, m.clips, 4);
	view_put(out, strlen(title), 1);
	buf_adds(out, title);
	view_put(out, history_first(console_history(c)), 8);
	view_put(out, history_end(console_history(c)), 8);
	view_put(out, (uint64_t)changed, 2);
	for (int i = 0; i < rows; i++) {
		if (console_row_stamp(c, i) <= since)
			continue;
		view_put(out, (uint64_t)i, 2);
		row_pack(out, console_row(c, i), console_cols(c));
	}
}

void view_fini(struct view *v)
{
	free(v->cells);
	*v = (struct view){0};
}

static bool view_head(struct view *v, const char **p, size_t n, int *changed)
{
	unsigned flags;
	size_t title;
	int rows, cols;

	if (n < HEAD || view_get(p, 1) != FORMAT)
		return false;
	flags = (unsigned)view_get(p, 1);
	v->modes.cursor = flags & SHOWN;
	v->modes.cursor_blink = flags & BLINKS;
	v->modes.alternate = flags & ALTERNATE;
	v->modes.reverse = flags & REVERSED;
	v->modes.cursor_shape = (uint8_t)view_get(p, 1);
	v->modes.mouse = (enum console_mouse)view_get(p, 1);
	rows = (int)view_get(p, 2);
	cols = (int)view_get(p, 2);
	v->modes.row = (int)view_get(p, 2);
	v->modes.col = (int)view_get(p, 2);
	v->modes.bells = (uint32_t)view_get(p, 4);
	v->modes.clips = (uint32_t)view_get(p, 4);
	title = (size_t)view_get(p, 1);
	if (title > CONSOLE_TITLE || n < HEAD + title)
		return false;
	memcpy(v->title, *p, title);
	v->title[title] = '\0';
	*p += title;
	v->first = view_get(p, 8);
	v->end = view_get(p, 8);
	*changed = (int)view_get(p, 2);
	if (v->modes.mouse > CONSOLE_MOUSE_MOVE || rows < CONSOLE_ROWS_MIN || rows > CONSOLE_ROWS_MAX ||
	    cols < CONSOLE_COLS_MIN || cols > CONSOLE_COLS_MAX || v->modes.row >= rows || v->modes.col >= cols ||
	    v->first > v->end)
		return false;
	if (rows == v->rows && cols == v->cols)
		return true;
	free(v->cells);
	v->cells = xcalloc((size_t)rows * (size_t)cols, sizeof(*v->cells));
	v->rows = rows;
	v->cols = cols;
	return *changed == rows;
}

int view_apply(struct view *v, const char *p, size_t n)
{
	const char *end = p + n;
	int changed = 0;

	if (!view_head(v, &p, n, &changed))
		return -1;
	for (; changed; changed--) {
		int row;
		size_t used;

		if (end - p < 3)
			return -1;
		row = (int)view_get(&p, 2);
		if (row >= v->rows)
			return -1;
		used = row_unpack(p, (size_t)(end - p), v->cells + (size_t)row * (size_t)v->cols, v->cols);
		if (!used)
			return -1;
		p += used;
	}
	return p == end ? 0 : -1;
}

const struct cell *view_row(const struct view *v, int row)
{
	return v->cells + (size_t)row * (size_t)v->cols;
}
