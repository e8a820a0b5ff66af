/* SPDX-License-Identifier: MIT */
/*
 * term: the terminal. One is open at a time. Its modes are restored whatever ends the program: term_close,
 * lack of memory, abort and fatal signals (which leave a report, see term_report). What is written to standard
 * error while the terminal is open is collected and printed by term_close.
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
	int colours; /* 256, 16, 8, or 0: none, or switched off (NO_COLOR, TERM) */
	bool mouse;
	bool light, dark; /* its background, as far as COLORFGBG shows it */
};

/* How a text looks. Colours are those of 256, or -1: the terminal's own. */
struct term_style {
	int fg, bg;
	bool bold, dim, italic, underline, blink, reverse;
};

/* Opens the terminal of standard input and output. NULL with e (ERR_USAGE, "no-terminal") if
 * there is none or it cannot place text; e says what to do instead. */
struct term *term_open(struct err *e);
/* Whether term_open has a chance: both ends are a terminal. */
bool term_is_there(void);
void term_close(struct term *t); /* NULL is fine */

const struct term_caps *term_caps(const struct term *t);
void term_size(const struct term *t, int *rows, int *columns);
/* Adopts the size that the terminal has now; true: it has changed. */
bool term_resize(struct term *t);
/* Reads the next key; false: none now. Does not block (a lone Esc takes 25 ms). `bare`: for a guest; an Esc
 * right before another key makes one key of both, else they are two; control characters, sequences and mouse
 * events arrive unchanged. */
bool term_key(struct term *t, struct key *k, bool bare);
/* Which movements of the mouse are reported beside buttons and wheel. */
enum term_moves { TERM_MOVES_NONE, TERM_MOVES_DRAG, TERM_MOVES_ALL };
void term_moves(struct term *t, enum term_moves moves);
/* Whether anything was read since the last call: a long paste gives no key for a while. */
bool term_heard(struct term *t);

/* Painting: within the terminal, and harmless texts alone (text_clean). term_flush sends what has changed since the
 * last one and places the cursor; row < 0 hides it. */
void term_erase(struct term *t);
void term_put(struct term *t, int row, int column, const struct term_style *style, const char *text);
void term_fill(struct term *t, int row, int column, int columns, const struct term_style *style);
/* Gives what is painted there another style. */
void term_restyle(struct term *t, int row, int column, int columns, const struct term_style *style);
void term_flush(struct term *t, int row, int column);
/* Makes the next flush send the whole screen, for example after noise on the line. */
void term_repaint(struct term *t);

/* These do nothing if the terminal does not understand them. The texts must be harmless (text_clean). */
void term_bell(struct term *t);
/* Names its window; NULL restores the name that it had before the first. */
void term_title(struct term *t, const char *title);
/* Puts text on its clipboard (OSC 52). */
void term_clip(struct term *t, const char *text, size_t n);
/* Gives the terminal back for a while (Ctrl-Z, a program in the foreground), and takes it again;
 * the whole screen is then repainted. */
void term_leave(struct term *t);
void term_enter(struct term *t);
/* Sets the file that a fatal signal writes its report to, and the screen that the report names. Copied. */
void term_report(const char *path);
void term_report_screen(const char *name);

#endif
