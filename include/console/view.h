/* SPDX-License-Identifier: MIT */
/*
 * view: the screen of a console at the other end of a connection. The one side packs what has
 * changed since a stamp (view_pack), the other applies it (view_apply): after any update the view
 * is what the console was when it was packed. So a slow reader gets fewer updates, never older ones.
 *
 * An update, numbers big-endian: u8 2, u8 flags (1 cursor shown, 2 it blinks, 4 alternate screen,
 * 8 reversed), u8 cursor shape, u8 mouse, u16 rows, u16 columns, u16 cursor row, u16 cursor column,
 * u32 bells, u32 clipboard texts, u8 length of the title, the title, u64 first line of the
 * scrollback, u64 its end, u16 number of rows that follow; each is u16 row, then a packed row
 * (row.h). Rows that are not there have not changed; with another size
 * than before all are there.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include "console/console.h"

struct view {
	int rows, cols; /* 0: nothing was applied yet */
	struct console_modes modes;
	char title[CONSOLE_TITLE + 1];
	uint64_t first, end; /* of the scrollback; the screen's row R is line end + R */
	struct cell *cells;  /* rows * cols */
};

/* Appends an update with the rows whose stamp is over `since` (0: all). */
void view_pack(struct buf *out, struct console *c, uint64_t since);

/* All zero is an empty view. */
void view_fini(struct view *v);
/* 0, or -1 when the update is malformed: the view is then to be given up. */
int view_apply(struct view *v, const char *p, size_t n);
const struct cell *view_row(const struct view *v, int row);

#endif
