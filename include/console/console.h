/* SPDX-License-Identifier: MIT */
/*
 * console: a guest's terminal, without input and output: takes the bytes of the serial line and produces rows of
 * cells, the scrollback and bytes for the guest. Emulates xterm-256color by libvterm. One thread.
 *
 * Limits: the scrollback (history.h), the bytes for the guest (CONSOLE_REPLIES of replies to its queries, CONSOLE_OUT
 * in all), the title, the text for the clipboard, and the input filter (src/console/input_filter.h). Other strings of
 * the guest are ignored; the guest cannot read the clipboard.
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

/* The state of a screen beside its cells. */
struct console_modes {
	int row, col; /* of the cursor; the last column also if the next character wraps the line */
	bool cursor;  /* shown */
	bool cursor_blink;
	uint8_t cursor_shape;	  /* 1 block, 2 underline, 3 bar */
	bool alternate;		  /* the alternate screen, which has no scrollback */
	bool reverse;		  /* DECSCNM */
	enum console_mouse mouse; /* events that the guest has enabled */
	uint32_t bells;		  /* number so far */
	uint32_t clips;		  /* number of clipboard texts so far */
};

/* Makes a console with `lines` of scrollback; sizes are clamped to the limits above. */
struct console *console_new(int rows, int cols, size_t lines);
void console_free(struct console *c); /* NULL is fine */

/* Reads bytes of the guest; any cut between two calls will do. */
void console_feed(struct console *c, const char *p, size_t n);
/* Changes the size. Lines that do not fit move to the scrollback, and back from it; text is not wrapped again. */
void console_resize(struct console *c, int rows, int cols);
/* Resets the terminal, but not the scrollback. */
void console_reset(struct console *c);

int console_rows(const struct console *c);
int console_cols(const struct console *c);
void console_modes(const struct console *c, struct console_modes *out);
/* The title that the guest set, "" none, and the last text that it put on the clipboard. Sanitized (text_clean),
 * borrowed until the next feed. */
const char *console_title(const struct console *c);
const struct buf *console_clip(const struct console *c);
/* The cells of a visible row; borrowed until the next feed, resize or reset. */
const struct cell *console_row(const struct console *c, int row);
/* Increases with each feed, resize or reset; a row's stamp is that of its last change. */
uint64_t console_stamp(const struct console *c);
uint64_t console_row_stamp(const struct console *c, int row);
struct history *console_history(struct console *c);

/* Bytes to be sent to the guest; the sender removes them with buf_drop. */
struct buf *console_out(struct console *c);
/* Queues typed bytes. -1 if too many wait for the guest: nothing is queued. */
int console_type(struct console *c, const char *p, size_t n);
/* Queues pasted text, without control characters other than tab and line end (sent as Enter), in bracketed paste if
 * the guest enabled it. -1 as above. */
int console_paste(struct console *c, const char *p, size_t n);

#define CONSOLE_SHIFT 1
#define CONSOLE_ALT 2
#define CONSOLE_CTRL 4
/* Queues a key by name, in the form that the guest enabled: Up Down Left Right Home End Begin Insert Delete PageUp
 * PageDown Enter Tab Backspace Escape F1 … F12, Nul (Ctrl-Space), of the keypad KP0 … KP9 KP* KP+ KP, KP- KP. KP/ KP=
 * and "KP\r". -1: no such key, or as above. */
int console_press(struct console *c, const char *key, unsigned modifiers);
/* Queues a mouse event if the guest enabled it: a button (1 left, 2 middle, 3 right, 4 to 7 the wheel) is pressed or
 * released at a cell; 0: the mouse moved there. */
void console_click(struct console *c, int row, int col, int button, bool pressed, unsigned modifiers);

#endif
