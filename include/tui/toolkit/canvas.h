/* SPDX-License-Identifier: MIT */
/*
 * canvas: a rectangle of the terminal to paint in. Everything is clipped to it, by display
 * columns. Every text goes through base/text first, so that no text from outside moves the cursor;
 * without UTF-8 in the locale, characters beyond ASCII that have no twin there become `?`.
 *
 * Rows and columns count from the canvas' upper left corner. The terminal shows what was painted at the
 * end of the loop's turn.
 */
#ifndef TUI_TOOLKIT_CANVAS_H
#define TUI_TOOLKIT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"
#include "tui/toolkit/term.h"
#include "tui/toolkit/theme.h"

struct canvas {
	struct term *term;
	const struct theme *theme;
	const struct term_caps *caps;
	int top, left, rows, columns;
};

/* Signs, each with an ASCII twin. */
enum glyph {
	GLYPH_RUNNING,	 /* ● * */
	GLYPH_READY,	 /* ○ o */
	GLYPH_WORKING,	 /* ◐ % */
	GLYPH_FAILED,	 /* ✗ x */
	GLYPH_PAUSED,	 /* ‖ = */
	GLYPH_DONE,	 /* ✓ + */
	GLYPH_WAITING,	 /* · . */
	GLYPH_FOCUS,	 /* ▸ > */
	GLYPH_ELLIPSIS,	 /* … ~ */
	GLYPH_DOT,	 /* · - between words */
	GLYPH_DASH,	 /* – - */
	GLYPH_MORE_UP,	 /* ↑ ^ */
	GLYPH_MORE_DOWN, /* ↓ v */
	GLYPH_OPEN,	 /* ‹ < */
	GLYPH_CLOSE,	 /* › > */
	GLYPH_RADIO_ON,	 /* • * */
	GLYPH_COUNT
};
const char *canvas_glyph(const struct canvas *c, enum glyph g);

/* Returns a part of a canvas, clipped to it. */
struct canvas canvas_sub(const struct canvas *c, int row, int column, int rows, int columns);
void canvas_clear(const struct canvas *c);
/* Paints text and returns how many columns it took. A text that does not fit is cut and ends in `…`.
 * Line feeds are shown as blanks. */
int canvas_put(const struct canvas *c, int row, int column, enum role role, const char *text);
int canvas_putf(const struct canvas *c, int row, int column, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Paints text as canvas_put does, in a field of `width` columns. */
int canvas_put_cut(const struct canvas *c, int row, int column, int width, enum role role, const char *text);
/* The same, but a text that does not fit is cut at the end of a clause (`, ` `; ` `: `) if it has one, so that no word
 * is cut. For texts that are shown in full elsewhere. */
int canvas_put_clause(const struct canvas *c, int row, int column, int width, enum role role, const char *text);
/* Paints text so that it ends before `column`. */
void canvas_put_right(const struct canvas *c, int row, int column, enum role role, const char *text);
/* Paints blanks in a role. */
void canvas_fill(const struct canvas *c, int row, int column, int columns, enum role role);
/* Changes the role of what is painted there. */
void canvas_tint(const struct canvas *c, int row, int column, int columns, enum role role);
/* Paints wrapped text from `row` on, at most `rows` lines (0: all); returns the lines used. Line
 * feeds end lines. */
int canvas_wrap(const struct canvas *c, int row, int column, int columns, int rows, enum role role, const char *text);
/* Paints a bar of `columns` cells, filled to `share` (0..1). */
void canvas_bar(const struct canvas *c, int row, int column, int columns, double share);
/* Paints a frame at the edges of the canvas, with a title in the upper one (NULL: none). */
void canvas_frame(const struct canvas *c, const char *title);
/* Paints a horizontal line. */
void canvas_rule(const struct canvas *c, int row, int column, int columns);

/* Returns how many columns a text takes. */
int canvas_width(const struct canvas *c, const char *text);
/* Splits text into lines of at most `columns` columns at blanks; appends them to `out`. A wrapped line continues below
 * the beginning of its text: behind an indent, or behind a label and its blanks. */
void canvas_wrap_lines(const char *text, int columns, struct strv *out);

/* Paints cells of another screen (the guest's console) in their own style. `text` is harmless, and
 * takes just these columns. */
void canvas_cell(const struct canvas *c, int row, int column, int columns, const char *text,
		 const struct term_style *style);

#endif
