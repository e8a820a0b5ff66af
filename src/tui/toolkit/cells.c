/* SPDX-License-Identifier: MIT */
/* cells: keeps the wanted picture and the shown one, and sends the cells that differ. */
#include "cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/width.h"

#define TEXT_MAX 15 /* bytes of a character with its combining ones; further ones are left out */

enum { WIDTH_UNKNOWN = -1, WIDTH_REST }; /* of a cell that nothing is known of; of the right half of a wide character */
#define STYLE_UNKNOWN (-2)		 /* as a foreground: of the terminal before the first cell is sent */

struct cell_style {
	short fg, bg;
	unsigned char attributes; /* bits of cells_attributes */
};

struct cells_cell {
	struct cell_style style;
	signed char width; /* 1 or 2, or one of the above */
	char text[TEXT_MAX + 1];
};

struct cells {
	int rows, columns, colours;
	struct cells_cell *wanted, *shown;
};

static const struct cell_style cells_plain = {.fg = -1, .bg = -1};
/* SGR numbers of the bits of attributes. */
static const char cells_attributes[] = {'1', '2', '3', '4', '5', '7'};

static struct cell_style cells_style(const struct cells *c, const struct term_style *style)
{
	return (struct cell_style){
		.fg = (short)(style->fg < c->colours ? style->fg : -1),
		.bg = (short)(style->bg < c->colours ? style->bg : -1),
		.attributes = (unsigned char)(style->bold | style->dim << 1 | style->italic << 2 |
					      style->underline << 3 | style->blink << 4 | style->reverse << 5),
	};
}

static bool cells_same_style(const struct cell_style *a, const struct cell_style *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attributes == b->attributes;
}

static bool cells_same(const struct cells_cell *a, const struct cells_cell *b)
{
	return a->width == b->width && cells_same_style(&a->style, &b->style) && !strcmp(a->text, b->text);
}

static struct cells_cell cells_blank(const struct cell_style *style)
{
	return (struct cells_cell){.style = *style, .width = 1, .text = " "};
}

void cells_erase(struct cells *c)
{
	for (int i = 0; i < c->rows * c->columns; i++)
		c->wanted[i] = cells_blank(&cells_plain);
}

void cells_repaint(struct cells *c)
{
	for (int i = 0; i < c->rows * c->columns; i++)
		c->shown[i].width = WIDTH_UNKNOWN;
}

void cells_resize(struct cells *c, int rows, int columns)
{
	size_t n = (size_t)rows * (size_t)columns;

	c->rows = rows;
	c->columns = columns;
	c->wanted = xreallocarray(c->wanted, n, sizeof(*c->wanted));
	c->shown = xreallocarray(c->shown, n, sizeof(*c->shown));
	cells_erase(c);
	cells_repaint(c);
}

struct cells *cells_new(int rows, int columns, int colours)
{
	struct cells *c = xcalloc(1, sizeof(*c));

	c->colours = colours;
	cells_resize(c, rows, columns);
	return c;
}

void cells_free(struct cells *c)
{
	if (!c)
		return;
	free(c->wanted);
	free(c->shown);
	free(c);
}

void cells_size(const struct cells *c, int *rows, int *columns)
{
	*rows = c->rows;
	*columns = c->columns;
}

/* ---- painting ---- */

static struct cells_cell *cells_at(struct cells *c, int row, int column)
{
	return &c->wanted[row * c->columns + column];
}

/* Blanks the other half of a wide character of which a half at this cell is about to be painted over. */
static void cells_split(struct cells *c, int row, int column)
{
	struct cells_cell *cell = cells_at(c, row, column);

	if (cell->width == WIDTH_REST && column > 0)
		cell[-1] = cells_blank(&cell[-1].style);
	else if (cell->width == 2 && column + 1 < c->columns)
		cell[1] = cells_blank(&cell->style);
}

/* Returns how many of the n bytes of a character with combining ones fit into a cell. */
static size_t cells_fitting(const char *text, size_t n)
{
	if (n > TEXT_MAX)
		for (n = TEXT_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return n;
}

static void cells_set(struct cells *c, int row, int column, const struct cells_cell *cell)
{
	for (int i = 0; i < cell->width; i++)
		cells_split(c, row, column + i);
	*cells_at(c, row, column) = *cell;
	if (cell->width == 2)
		*cells_at(c, row, column + 1) = (struct cells_cell){.style = cell->style, .width = WIDTH_REST};
}

void cells_put(struct cells *c, int row, int column, const struct term_style *style, const char *text)
{
	struct cells_cell cell = cells_blank(&cells_plain);
	size_t n;
	int width;

	cell.style = cells_style(c, style);
	while (row < c->rows && (n = width_next(text, &width)) && column + width <= c->columns) {
		size_t fitting = cells_fitting(text, n);

		if (width > 0) { /* else a combining character without one before it */
			cell.width = (signed char)width;
			memcpy(cell.text, text, fitting);
			cell.text[fitting] = '\0';
			cells_set(c, row, column, &cell);
		}
		column += width;
		text += n;
	}
}

void cells_fill(struct cells *c, int row, int column, int columns, const struct term_style *style)
{
	struct cells_cell blank = cells_blank(&cells_plain);

	blank.style = cells_style(c, style);
	for (int i = 0; i < columns; i++)
		cells_set(c, row, column + i, &blank);
}

void cells_restyle(struct cells *c, int row, int column, int columns, const struct term_style *style)
{
	for (int i = 0; i < columns; i++)
		cells_at(c, row, column + i)->style = cells_style(c, style);
}

/* ---- sending ---- */

static void cells_add_colour(struct buf *out, int colour, int base)
{
	if (colour >= 16)
		buf_addf(out, ";%d;5;%d", base + 8, colour);
	else if (colour >= 8)
		buf_addf(out, ";%d", base + 60 + colour - 8);
	else if (colour >= 0)
		buf_addf(out, ";%d", base + colour);
}

static void cells_add_style(struct buf *out, const struct cell_style *style)
{
	buf_adds(out, "\033[0");
	for (size_t i = 0; i < ARRAY_SIZE(cells_attributes); i++)
		if (style->attributes & 1u << i)
			buf_addf(out, ";%c", cells_attributes[i]);
	cells_add_colour(out, style->fg, 30);
	cells_add_colour(out, style->bg, 40);
	buf_addc(out, 'm');
}

/* Sends the cells of a row that differ. The cursor is placed again behind each character beyond ASCII, so that a
 * terminal which gives one of them another width misplaces nothing after it. */
static void cells_flush_row(struct cells *c, int row, struct cell_style *style, struct buf *out)
{
	int cursor = -1; /* the column where the terminal's cursor is, if known */

	for (int column = 0; column < c->columns; column++) {
		const struct cells_cell *cell = cells_at(c, row, column);
		struct cells_cell *shown = &c->shown[row * c->columns + column];

		if (cells_same(cell, shown))
			continue;
		*shown = *cell;
		if (cell->width == WIDTH_REST)
			continue; /* sent with its left half, which differs, too */
		if (cursor != column)
			buf_addf(out, "\033[%d;%dH", row + 1, column + 1);
		if (!cells_same_style(&cell->style, style))
			cells_add_style(out, &cell->style);
		*style = cell->style;
		buf_adds(out, cell->text);
		cursor = cell->text[1] ? -1 : column + 1;
	}
}

void cells_flush(struct cells *c, struct buf *out)
{
	struct cell_style style = {.fg = STYLE_UNKNOWN};

	for (int row = 0; row < c->rows; row++)
		cells_flush_row(c, row, &style, out);
	if (style.fg != STYLE_UNKNOWN)
		buf_adds(out, "\033[0m");
}
