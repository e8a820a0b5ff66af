/* SPDX-License-Identifier: MIT */
/*
 * grid: the cells of one screen, and the stamp of the last change of each row. A rectangle includes its first row and
 * column and excludes its last; parts outside the grid are ignored.
 */
#ifndef CONSOLE_GRID_H
#define CONSOLE_GRID_H

#include <stdint.h>

#include "console/cell.h"

struct grid {
	int rows, cols;
	struct cell **row;
	uint64_t *stamp;
};

struct grid_rect {
	int top, bottom, left, right;
};

void grid_init(struct grid *g, int rows, int cols);
void grid_fini(struct grid *g);
/* Sets a cell; halves of double-width characters that this breaks become blank. */
void grid_put(struct grid *g, int row, int col, const struct cell *c, uint64_t stamp);
/* Adds a combining character to a cell, unless the cell is full. */
void grid_combine(struct grid *g, int row, int col, uint32_t c, uint64_t stamp);
/* Fills the rectangle with blank cells of background `bg`. */
void grid_erase(struct grid *g, struct grid_rect r, uint32_t bg, uint64_t stamp);
/* Moves the content of the rectangle up (negative: down) and left (negative: right), and fills the rest with `bg`. */
void grid_scroll(struct grid *g, struct grid_rect r, int up, int left, uint32_t bg, uint64_t stamp);
/* Changes the size: rows are removed or added at the bottom, columns at the right. */
void grid_resize(struct grid *g, int rows, int cols, uint64_t stamp);
/* Marks all rows as changed. */
void grid_touch(struct grid *g, uint64_t stamp);

#endif
