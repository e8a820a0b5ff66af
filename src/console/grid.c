/* SPDX-License-Identifier: MIT */
/* grid: sets, erases and moves cells; rows are scrolled by their pointers. */
#include "grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct cell *grid_new_row(int cols)
{
	return xcalloc((size_t)cols, sizeof(struct cell));
}

void grid_init(struct grid *g, int rows, int cols)
{
	*g = (struct grid){.rows = rows, .cols = cols};
	g->row = xcalloc((size_t)rows, sizeof(struct cell *));
	g->stamp = xcalloc((size_t)rows, sizeof(*g->stamp));
	for (int i = 0; i < rows; i++)
		g->row[i] = grid_new_row(cols);
}

void grid_fini(struct grid *g)
{
	for (int i = 0; i < g->rows; i++)
		free(g->row[i]);
	free(g->row);
	free(g->stamp);
}

static void grid_blank(struct cell *c, uint32_t bg)
{
	*c = (struct cell){.bg = bg};
}

/* Blanks the other half of a double-width character at the column, which is about to be overwritten. */
static void grid_break_pair(struct grid *g, int row, int col)
{
	struct cell *c = g->row[row];

	if (c[col].width == CELL_REST && col > 0)
		grid_blank(&c[col - 1], c[col - 1].bg);
	if (c[col].width == CELL_DOUBLE && col + 1 < g->cols)
		grid_blank(&c[col + 1], c[col + 1].bg);
}

void grid_put(struct grid *g, int row, int col, const struct cell *c, uint64_t stamp)
{
	struct cell *to;

	if (row < 0 || row >= g->rows || col < 0 || col >= g->cols)
		return;
	to = &g->row[row][col];
	if (to->width != CELL_SINGLE)
		grid_break_pair(g, row, col);
	*to = *c;
	if (c->width == CELL_DOUBLE && col + 1 == g->cols) {
		to->width = CELL_SINGLE;
		to->chars[0] = 0;
	} else if (c->width == CELL_DOUBLE) {
		if (to[1].width != CELL_SINGLE)
			grid_break_pair(g, row, col + 1);
		to[1] = (struct cell){.fg = c->fg, .bg = c->bg, .attrs = c->attrs, .width = CELL_REST};
	}
	g->stamp[row] = stamp;
}

void grid_combine(struct grid *g, int row, int col, uint32_t mark, uint64_t stamp)
{
	struct cell *c;

	if (row < 0 || row >= g->rows || col < 0 || col >= g->cols)
		return;
	c = &g->row[row][col];
	for (int i = 1; i < CELL_CHARS && c->chars[0]; i++) {
		if (c->chars[i])
			continue;
		c->chars[i] = mark;
		g->stamp[row] = stamp;
		return;
	}
}

static void grid_clamp(int *v, int max)
{
	*v = *v < 0 ? 0 : *v > max ? max : *v;
}

static struct grid_rect grid_within(const struct grid *g, struct grid_rect r)
{
	grid_clamp(&r.top, g->rows);
	grid_clamp(&r.bottom, g->rows);
	grid_clamp(&r.left, g->cols);
	grid_clamp(&r.right, g->cols);
	return r;
}

static void grid_erase_row(struct grid *g, int row, int left, int right, uint32_t bg)
{
	struct cell *c = g->row[row];

	if (left >= right)
		return;
	grid_break_pair(g, row, left);
	grid_break_pair(g, row, right - 1);
	if (bg == CELL_DEFAULT) {
		memset(c + left, 0, (size_t)(right - left) * sizeof(*c));
		return;
	}
	for (int i = left; i < right; i++)
		grid_blank(&c[i], bg);
}

void grid_erase(struct grid *g, struct grid_rect r, uint32_t bg, uint64_t stamp)
{
	r = grid_within(g, r);
	for (int i = r.top; i < r.bottom; i++) {
		grid_erase_row(g, i, r.left, r.right, bg);
		g->stamp[i] = stamp;
	}
}

static void grid_swap_rows(struct grid *g, int a, int b)
{
	struct cell *row = g->row[a];

	g->row[a] = g->row[b];
	g->row[b] = row;
}

/* Copies columns of one row into another, or moves them within a row. */
static void grid_copy_row(struct grid *g, int to, int from, int to_col, int from_col, int n)
{
	if (n <= 0)
		return;
	grid_break_pair(g, to, to_col);
	grid_break_pair(g, to, to_col + n - 1);
	memmove(g->row[to] + to_col, g->row[from] + from_col, (size_t)n * sizeof(struct cell));
}

/* Blanks halves of double-width characters that a move of columns has cut at an edge. */
static void grid_mend(struct grid *g, int row)
{
	struct cell *c = g->row[row];

	for (int i = 0; i < g->cols; i++) {
		if (c[i].width == CELL_REST && (!i || c[i - 1].width != CELL_DOUBLE))
			grid_blank(&c[i], c[i].bg);
		else if (c[i].width == CELL_DOUBLE && (i + 1 == g->cols || c[i + 1].width != CELL_REST))
			grid_blank(&c[i], c[i].bg);
	}
}

static void grid_scroll_columns(struct grid *g, struct grid_rect r, int up, int left)
{
	int height = r.bottom - r.top - abs(up), width = r.right - r.left - abs(left);

	for (int k = 0; k < height; k++) {
		int i = up >= 0 ? k : height - 1 - k; /* downwards: from the bottom */
		int to = r.top + i + (up < 0 ? -up : 0), from = to + up;

		grid_copy_row(g, to, from, r.left + (left < 0 ? -left : 0), r.left + (left > 0 ? left : 0), width);
		grid_mend(g, to);
	}
}

static void grid_scroll_rows(struct grid *g, struct grid_rect r, int up)
{
	for (int i = r.top; up > 0 && i + up < r.bottom; i++)
		grid_swap_rows(g, i, i + up);
	for (int i = r.bottom - 1; up < 0 && i + up >= r.top; i--)
		grid_swap_rows(g, i, i + up);
}

void grid_scroll(struct grid *g, struct grid_rect r, int up, int left, uint32_t bg, uint64_t stamp)
{
	struct grid_rect gone;

	r = grid_within(g, r);
	if (r.top >= r.bottom || r.left >= r.right)
		return;
	if (abs(up) >= r.bottom - r.top || abs(left) >= r.right - r.left) {
		grid_erase(g, r, bg, stamp);
		return;
	}
	if (!left && !r.left && r.right == g->cols)
		grid_scroll_rows(g, r, up);
	else
		grid_scroll_columns(g, r, up, left);
	gone = r;
	if (up > 0)
		gone.top = r.bottom - up;
	else
		gone.bottom = r.top - up;
	if (up)
		grid_erase(g, gone, bg, stamp);
	gone = r;
	if (left > 0)
		gone.left = r.right - left;
	else
		gone.right = r.left - left;
	if (left)
		grid_erase(g, gone, bg, stamp);
	for (int i = r.top; i < r.bottom; i++)
		g->stamp[i] = stamp;
}

void grid_resize(struct grid *g, int rows, int cols, uint64_t stamp)
{
	for (int i = rows; i < g->rows; i++)
		free(g->row[i]);
	g->row = xreallocarray(g->row, (size_t)rows, sizeof(struct cell *));
	g->stamp = xreallocarray(g->stamp, (size_t)rows, sizeof(*g->stamp));
	for (int i = 0; i < rows; i++) {
		if (i >= g->rows) {
			g->row[i] = grid_new_row(cols);
			continue;
		}
		g->row[i] = xreallocarray(g->row[i], (size_t)cols, sizeof(struct cell));
		for (int k = g->cols; k < cols; k++)
			grid_blank(&g->row[i][k], CELL_DEFAULT);
	}
	g->rows = rows;
	g->cols = cols;
	for (int i = 0; i < rows; i++)
		grid_mend(g, i);
	grid_touch(g, stamp);
}

void grid_touch(struct grid *g, uint64_t stamp)
{
	for (int i = 0; i < g->rows; i++)
		g->stamp[i] = stamp;
}
