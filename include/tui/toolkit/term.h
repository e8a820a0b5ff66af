/* SPDX-License-Identifier: MIT */
/*
 * term: the terminal, by curses' newterm(3X). One is open at a time. Its modes come back whatever
 * ends the program: term_close, running out of memory, abort and fatal signals (of those a report
 * is left, see term_report). What is written to standard error while it is open is kept and comes
 * out at its end.
 */
#ifndef TUI_TOOLKIT_TERM_H
#define TUI_TOOLKIT_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/toolkit/key.h"

struct term;

/* What the terminal can do. */
struct term_caps {
	bool utf8;   /* the locale's character set */
	int colours; /* 256, 16, 8, or 0: none, or not wanted (NO_COLOR, TERM) */
	bool mouse;
	bool light, dark; /* its ground, as far as it says so (COLORFGBG) */
};

/* Takes the terminal of standard input and output. NULL with e (ERR_USAGE, "no-terminal") where
 * there is none or it cannot place text; e says what to do instead. */
struct term *term_open(struct err *e);
/* Whether term_open has a chance: both ends are a terminal. */
bool term_is_there(void);
void term_close(struct term *t); /* NULL is fine */

const struct term_caps *term_caps(const struct term *t);
void term_size(const struct term *t, int *rows, int *columns);
/* Adopts the size that the terminal has now; true where it changed. */
bool term_resize(struct term *t);
/* A descriptor that becomes readable when there may be a key; the terminal's. */
int term_input(const struct term *t);
/* The next key that is there already; false: none. Does not block (a lone Esc takes 25 ms). `bare`: for
 * a guest. An Esc right before another key makes it one key, else they are two; control characters,
 * sequences and mouse events come as they are. */
bool term_key(struct term *t, struct key *k, bool bare);
/* Which movements of the mouse are reported beside buttons and wheel. */
enum term_moves { TERM_MOVES_NONE, TERM_MOVES_DRAG, TERM_MOVES_ALL };
void term_moves(struct term *t, enum term_moves moves);
/* Whether anything was read since this was asked last: a long paste is no key for a while. */
bool term_heard(struct term *t);
/* Whether the other end went away; asked when input was announced and no key came. */
bool term_gone(const struct term *t);
/* Brings what was painted to the terminal: one doupdate. row < 0 hides the cursor. */
void term_flush(struct term *t, int row, int column);
/* What curses does not know; nothing where the terminal does not understand it. The texts must be
 * harmless (text_clean). */
void term_bell(struct term *t);
/* The name of its window; NULL gives the one back that it had before the first. */
void term_title(struct term *t, const char *title);
/* Puts text on its clipboard (OSC 52). */
void term_clip(struct term *t, const char *text, size_t n);
/* Gives the terminal back for a while (Ctrl-Z, a program in the foreground) and takes it again;
 * the screen is then painted anew as a whole. */
void term_leave(struct term *t);
void term_enter(struct term *t);
/* Where a fatal signal leaves its report, and what the report says of the place. Copied. */
void term_report(const char *path);
void term_report_place(const char *screen);

#endif
