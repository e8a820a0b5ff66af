/* SPDX-License-Identifier: MIT */
/*
 * console: a guest's terminal, without input and output: bytes of the serial line are fed in; rows
 * of cells, the scrollback and bytes for the guest come out. xterm-256color and what else ECMA-48
 * and xterm's documents say of it, by libvterm. One thread.
 *
 * Bounds: the scrollback (history.h), what waits for the guest (CONSOLE_REPLIES of answers to its
 * queries, CONSOLE_OUT in all), the title and the text for a clipboard, and all that the guard
 * (src/console/guard.h) holds. Other strings of the guest go nowhere, and it is never told what a
 * clipboard holds.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "console/cell.h"
#include "console/history.h"

#define CONSOLE_ROWS_MIN 2
#define CONSOLE_ROWS_MAX 500
#define CONSOLE_COLS_MIN 10
#define CONSOLE_COLS_MAX 1000
#define CONSOLE_REPLIES 4096
#define CONSOLE_OUT 65536
#define CONSOLE_TITLE 200 /* bytes */
#define CONSOLE_CLIP 32768

struct console;

enum console_mouse {
	CONSOLE_MOUSE_OFF,
	CONSOLE_MOUSE_CLICK,
	CONSOLE_MOUSE_DRAG,
	CONSOLE_MOUSE_MOVE,
};

/* What a screen is besides its cells. */
struct console_modes {
	int row, col; /* cursor; col may be the last column while a line waits to wrap */
	bool cursor;  /* shown */
	bool cursor_blink;
	uint8_t cursor_shape;	  /* 1 block, 2 underline, 3 bar */
	bool alternate;		  /* the alternate screen, which has no scrollback */
	bool reverse;		  /* DECSCNM */
	enum console_mouse mouse; /* what the guest wants to know */
	uint32_t bells;		  /* rung so far */
	uint32_t clips;		  /* texts for the clipboard so far */
};

/* Sizes are brought within the bounds above. `lines` of scrollback. */
struct console *console_new(int rows, int cols, size_t lines);
void console_free(struct console *c); /* NULL is fine */

/* Bytes from the guest; any cut between two calls will do. */
void console_feed(struct console *c, const char *p, size_t n);
/* Lines that no longer fit go to the scrollback and come back from it; text is not flowed anew. */
void console_resize(struct console *c, int rows, int cols);
/* As a terminal that was switched off and on; the scrollback stays. */
void console_reset(struct console *c);

int console_rows(const struct console *c);
int console_cols(const struct console *c);
void console_modes(const struct console *c, struct console_modes *out);
/* What the guest calls its screen, "" nothing; and what it put on the clipboard last. Harmless text
 * (text_clean), borrowed until the next feed. */
const char *console_title(const struct console *c);
const struct buf *console_clip(const struct console *c);
/* The cells of a row that is shown; borrowed until the next feed, resize or reset. */
const struct cell *console_row(const struct console *c, int row);
/* Rises with each feed, resize or reset; a row's stamp is that of its last change. */
uint64_t console_stamp(const struct console *c);
uint64_t console_row_stamp(const struct console *c, int row);
struct history *console_history(struct console *c);

/* What is to be sent to the guest; whoever sends it takes it with buf_drop. */
struct buf *console_out(struct console *c);
/* Bytes as typed. -1 when the guest has not taken what came before: nothing is queued. */
int console_type(struct console *c, const char *p, size_t n);
/* Text that was not typed: without control characters other than tab and line end (sent as Enter),
 * marked as pasted where the guest asked for that. -1 as above. */
int console_paste(struct console *c, const char *p, size_t n);

#define CONSOLE_SHIFT 1
#define CONSOLE_ALT 2
#define CONSOLE_CTRL 4
/* A key by name: Up Down Left Right Home End Begin Insert Delete PageUp PageDown Enter Tab Backspace
 * Escape F1 … F12, Nul (Ctrl-Space), of the keypad KP0 … KP9 KP* KP+ KP, KP- KP. KP/ KP= and "KP\r"; in the
 * form that the guest asked for. -1: no such key, or as above. */
int console_press(struct console *c, const char *key, unsigned modifiers);
/* The mouse is at a place, and there a button (1 left, 2 middle, 3 right, 4 to 7 the wheel; 0: none, it has
 * moved) is pressed or released; in the form that the guest asked for, or nothing where it did not. */
void console_click(struct console *c, int row, int col, int button, bool pressed, unsigned modifiers);

#endif
