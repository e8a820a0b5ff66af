/* SPDX-License-Identifier: MIT */
/*
 * view: a copy of a console's screen at the other end of a connection. The supervisor packs the changes since a stamp
 * (view_pack), the client applies them (view_apply): after an update the view equals the console when it was packed. A
 * slow client gets fewer updates, never older ones.
 *
 * An update, numbers big-endian: u8 2, u8 flags (1 cursor shown, 2 it blinks, 4 alternate screen,
 * 8 reversed), u8 cursor shape, u8 mouse, u16 rows, u16 columns, u16 cursor row, u16 cursor column,
 * u32 bells, u32 clipboard texts, u8 length of the title, the title, u64 first line of the
 * scrollback, u64 its end, u16 number of rows that follow; each is u16 row, then a packed row
 * (row.h). Rows that are missing have not changed; after a
 * change of the size no row is missing.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include "console/console.h"

struct view {
	int rows, cols; /* 0: no update yet */
	struct console_modes modes;
	char title[CONSOLE_TITLE + 1];
	uint64_t first, end; /* of the scrollback; the screen's row R is line end + R */
	struct cell *cells;  /* rows * cols */
};

/* Appends an update with the rows whose stamp is greater than `since` (0: all). */
void view_pack(struct buf *out, struct console *c, uint64_t since);

/* Frees a view, which begins as all zero. */
void view_fini(struct view *v);
/* Applies an update. -1 if it is malformed: the view must then not be used again. */
int view_apply(struct view *v, const char *p, size_t n);
const struct cell *view_row(const struct view *v, int row);

#endif
