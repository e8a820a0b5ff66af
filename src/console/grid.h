/* SPDX-License-Identifier: MIT */
/*
 * grid: the cells of one screen, row by row, and when each row last changed. Rectangles reach from
 * their first row and column to before their last; parts outside the grid are left out.
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
/* Puts a cell; the halves of double characters that it breaks become blank. */
void grid_put(struct grid *g, int row, int col, const struct cell *c, uint64_t stamp);
/* Adds a mark to a cell, if there is room. */
void grid_mark(struct grid *g, int row, int col, uint32_t mark, uint64_t stamp);
/* Fills with cells that hold nothing but `bg`. */
void grid_erase(struct grid *g, struct grid_rect r, uint32_t bg, uint64_t stamp);
/* Moves what is in the rectangle up (down where negative) and left (right where negative); what
 * becomes free is filled with `bg`. */
void grid_scroll(struct grid *g, struct grid_rect r, int up, int left, uint32_t bg, uint64_t stamp);
/* Changes the size; rows are cut or added below, columns at the right. */
void grid_resize(struct grid *g, int rows, int cols, uint64_t stamp);
void grid_touch(struct grid *g, uint64_t stamp); /* all rows have changed */

#endif
