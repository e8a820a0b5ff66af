/* SPDX-License-Identifier: MIT */
/*
 * row: a row of cells as packed bytes: in the scrollback, and between supervisor and client.
 *
 * Packed: the number of cells (trailing blank ones are left out), then runs of cells of one style:
 * their number + 3, one byte of flags (bits 0-1: foreground 0 default, 1 indexed, 2 RGB; bits 2-3 the
 * same of the background; bit 4: attributes follow), the index or the three bytes of each colour,
 * the byte of attributes, then the cells' text. A cell is its character in UTF-8 (a blank cell: a space),
 * then each combining character after a byte 1. A byte 2 before the character: two columns wide; a byte 3 alone: the
 * second half. A byte 0 ends the row. Numbers are LEB128.
 */
#ifndef CONSOLE_ROW_H
#define CONSOLE_ROW_H

#include <stddef.h>

#include "base/buf.h"
#include "console/cell.h"

#define ROW_CELLS_MAX 1000 /* widest screen */

/* Appends the packed form of `cols` cells. */
void row_pack(struct buf *out, const struct cell *cells, int cols);
/* Fills `cols` cells from the packed row at p, with blank cells after its end; drops cells that do not fit. Returns the
 * bytes of the packed row, or 0 if it is malformed (the cells are then blank). */
size_t row_unpack(const char *p, size_t n, struct cell *cells, int cols);
/* Appends the text of cells from column `from` to before `to`, without trailing blanks. */
void row_text(struct buf *out, const struct cell *cells, int from, int to);

#endif
