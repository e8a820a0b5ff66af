/* SPDX-License-Identifier: MIT */
/* paint: paints the guest's cells, live or from the scrollback. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pane.h"
#include "scrollback.h"
#include "tui/toolkit/width.h"

/* Finds the first row and column of the guest's screen in sight: all of it if there is space, else the part around its
 * cursor. */
static void paint_corner(const struct pane *p, int *top, int *left)
{
	const struct view *v = attach_view(pane_attach(p));
	int rows = pane_rows(p), columns = pane_columns(p);

	*top = v->rows > rows && v->modes.row >= rows ? v->modes.row - rows + 1 : 0;
	*left = v->cols > columns && v->modes.col >= columns ? v->modes.col - columns + 1 : 0;
}

/* The nearest of xterm's 256 colours. */
static int paint_nearest(uint32_t rgb)
{
	static const int levels[] = {0, 95, 135, 175, 215, 255};
	int part[3], index = 16, weight = 36;

	for (int i = 0; i < 3; i++) {
		part[i] = (int)(rgb >> (16 - 8 * i) & 0xff);
		for (int k = 5; k >= 0; k--) {
			if (k && part[i] < (levels[k] + levels[k - 1]) / 2)
				continue;
			index += weight * k;
			weight /= 6;
			break;
		}
	}
	if (abs(part[0] - part[1]) < 12 && abs(part[1] - part[2]) < 12 && part[0] > 3 && part[0] < 244)
		index = 232 + (part[0] - 3) / 10;
	return index > 255 ? 255 : index;
}

static int paint_colour(uint32_t c)
{
	return c == CELL_DEFAULT			? -1
	       : (c & CELL_COLOUR_KIND) == CELL_INDEXED ? (int)(c & 0xff)
							: paint_nearest(c & 0xffffff);
}

static struct term_style paint_style_of(const struct cell *c, bool reverse)
{
	return (struct term_style){
		.fg = paint_colour(c->fg),
		.bg = paint_colour(c->bg),
		.bold = c->attrs & CELL_BOLD,
		.dim = c->attrs & CELL_DIM,
		.italic = c->attrs & CELL_ITALIC,
		.underline = c->attrs & CELL_UNDERLINE,
		.blink = c->attrs & CELL_BLINK,
		.reverse = (c->attrs & CELL_REVERSE) ? !reverse : reverse,
	};
}

static bool paint_same(const struct cell *a, const struct cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

static void paint_encode(uint32_t c, char out[5])
{
	out[text_encode(c, out)] = '\0';
}

/* In a locale without UTF-8: no marks, and `?` for what has no twin of the same width. */
static void paint_add_ascii(struct buf *b, const char *text, int columns)
{
	AUTO_FREE char *ascii = width_ascii(text);

	buf_adds(b, (int)strlen(ascii) == columns ? ascii : &"??"[2 - columns]);
}

static void paint_add_wide(struct buf *b, const struct cell *c, const char *text, int columns)
{
	int taken = width_of(text);
	char mark[5];

	if (!taken || taken > columns) {
		buf_adds(b, "\xef\xbf\xbd");
		taken = 1;
	} else {
		buf_adds(b, text);
		for (int i = 1; i < CELL_CHARS && c->chars[i]; i++) {
			paint_encode(c->chars[i], mark);
			if (!width_of(mark))
				buf_adds(b, mark);
		}
	}
	if (taken < columns)
		buf_addc(b, ' ');
}

/* Adds the character of a cell in just the columns that the guest's screen has for it: this terminal may
 * hold it for wider or narrower. */
static void paint_add_cell(struct buf *b, const struct cell *c, bool utf8)
{
	int columns = c->width == CELL_DOUBLE ? 2 : 1;
	char text[5];

	if (c->attrs & CELL_CONCEAL || !c->chars[0]) {
		buf_adds(b, &"  "[2 - columns]);
		return;
	}
	paint_encode(c->chars[0], text);
	if (c->chars[0] < 0x80 && !c->chars[1])
		buf_adds(b, text);
	else if (utf8)
		paint_add_wide(b, c, text, columns);
	else
		paint_add_ascii(b, text, columns);
}

/* Paints a row of cells, run by run. `line`: its number, for what is marked; UINT64_MAX: nothing is. */
static void paint_row(struct pane *p, const struct canvas *c, int row, const struct cell *cells, int cols,
		      uint64_t line, bool reverse)
{
	AUTO_BUF struct buf b = {0};
	int i = 0, end;

	buf_init(&b, 0);
	while (i < cols) {
		bool marked = line != UINT64_MAX && scrollback_is_marked(pane_scrollback(p), line, i);
		struct term_style style = paint_style_of(&cells[i], reverse != marked);

		buf_clear(&b);
		for (end = i; end < cols; end++) {
			if (!paint_same(&cells[i], &cells[end]) ||
			    (line != UINT64_MAX && scrollback_is_marked(pane_scrollback(p), line, end) != marked))
				break;
			/* a double character that is cut off at the edge */
			if (cells[end].width == CELL_DOUBLE && end + 1 == cols)
				buf_addc(&b, ' ');
			else if (cells[end].width != CELL_REST)
				paint_add_cell(&b, &cells[end], app_caps(pane_app(p))->utf8);
			else if (end == 0)
				buf_addc(&b, ' ');
		}
		canvas_cell(c, row, i, end - i, b.data, &style);
		i = end;
	}
}

static void paint_live(struct pane *p, const struct canvas *c)
{
	const struct view *v = attach_view(pane_attach(p));
	int top, left;

	paint_corner(p, &top, &left);
	for (int i = 0; i < pane_rows(p) && top + i < v->rows; i++) {
		int cols = v->cols - left < c->columns ? v->cols - left : c->columns;

		paint_row(p, c, i, view_row(v, top + i) + left, cols, UINT64_MAX, v->modes.reverse);
	}
}

static void paint_scrollback(struct pane *p, const struct canvas *c)
{
	AUTO_FREE struct cell *cells = xcalloc((size_t)c->columns, sizeof(*cells));
	uint64_t top = scrollback_top(pane_scrollback(p));

	for (int i = 0; i < pane_rows(p); i++) {
		attach_line(pane_attach(p), top + (uint64_t)i, cells, c->columns);
		paint_row(p, c, i, cells, c->columns, top + (uint64_t)i, false);
	}
}

void pane_paint_cells(struct pane *p, const struct canvas *c)
{
	if (!attach_view(pane_attach(p))->rows)
		return;
	if (scrollback_is_open(pane_scrollback(p)))
		paint_scrollback(p, c);
	else
		paint_live(p, c);
}

bool pane_guest_cursor(const struct pane *p, int *row, int *column)
{
	const struct view *v = attach_view(pane_attach(p));
	int top, left;

	if (!v->rows || !v->modes.cursor)
		return false;
	paint_corner(p, &top, &left);
	*row = v->modes.row - top;
	*column = v->modes.col - left;
	return *row < pane_rows(p) && *column < pane_columns(p);
}

void pane_guest_place(const struct pane *p, int row, int column, int *guest_row, int *guest_column)
{
	int top, left;

	paint_corner(p, &top, &left);
	*guest_row = row + top;
	*guest_column = column + left;
}
