/* SPDX-License-Identifier: MIT */
/*
 * cells: a picture in cells, and the control sequences (ECMA-48, xterm's colours) that turn the picture which a
 * terminal shows into it. Pure: knows no terminal.
 */
#ifndef TUI_TOOLKIT_CELLS_H
#define TUI_TOOLKIT_CELLS_H

#include "base/buf.h"
#include "tui/toolkit/term.h"

struct cells;

/* `colours`: how many colours styles may use; others are the terminal's own. */
struct cells *cells_new(int rows, int columns, int colours);
void cells_free(struct cells *c); /* NULL is fine */
void cells_size(const struct cells *c, int *rows, int *columns);
/* Adopts another size; what is painted and what the terminal shows are unknown then. */
void cells_resize(struct cells *c, int rows, int columns);

/* Painting, as in backend.h. */
void cells_erase(struct cells *c);
void cells_put(struct cells *c, int row, int column, const struct term_style *style, const char *text);
void cells_fill(struct cells *c, int row, int column, int columns, const struct term_style *style);
void cells_restyle(struct cells *c, int row, int column, int columns, const struct term_style *style);

/* Makes the next cells_flush send every cell. */
void cells_repaint(struct cells *c);
/* Appends what is to be sent. The cursor is then anywhere, and the style is the terminal's own. */
void cells_flush(struct cells *c, struct buf *out);

#endif
