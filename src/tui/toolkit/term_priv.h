/* SPDX-License-Identifier: MIT */
/* term_priv: what the files of the terminal share. */
#ifndef TUI_TOOLKIT_TERM_PRIV_H
#define TUI_TOOLKIT_TERM_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define NCURSES_NOMACROS
#include <curses.h>

#include "base/buf.h"
#include "tui/toolkit/term.h"

/* Codes that curses is told to give for what terminfo does not name. */
enum { CODE_PASTE_BEGIN = 0x600, CODE_PASTE_END };

struct term {
	SCREEN *screen;
	struct term_caps caps;
	struct termios saved;  /* modes as they were found */
	bool like_xterm;       /* the terminal takes what xterm does: paste marks, titles, ... */
	enum term_moves moves; /* that it reports */
	bool titled;	       /* its window has a title of ours */
	bool inside;	       /* we have the terminal now */
	int input;	       /* the same terminal, opened again: waiting on it leaves descriptor 0 as it is */
	int old_stderr, kept_stderr;
	/* keys */
	bool heard; /* something was read */
	bool pasting, paste_cut;
	struct buf paste;
	bool have_next; /* a key that was read while looking behind an Esc */
	struct key next;
	char sequence[128]; /* of the last key */
	int held;	    /* the button that was pressed last, 0 none: some do not say which was released */
};

/* term_fatal.c: fatal signals give the terminal back. */
void term_fatal_arm(const struct term *t);
void term_fatal_disarm(void);
/* Where standard error was, and where it goes meanwhile. */
void term_fatal_stderr(int old, int kept);
/* term_key.c */
void term_key_init(const struct term *t);

#endif
