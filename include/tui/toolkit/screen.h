/* SPDX-License-Identifier: MIT */
/*
 * screen: what fills the terminal, as a table of functions. Screens lie on a stack; the uppermost
 * gets the keys; a dialog is a screen that leaves what is below it in sight. No screen runs a loop
 * of its own: a function here does its part and returns.
 *
 * layout only says how large the screen is; paint draws what is so now. A change is made known by
 * app_changed, which paints once at the end of the loop's turn.
 */
#ifndef TUI_TOOLKIT_SCREEN_H
#define TUI_TOOLKIT_SCREEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "tui/toolkit/canvas.h"
#include "tui/toolkit/key.h"
#include "tui/toolkit/term.h"

struct app;
struct screen;

/* One entry of the last line: what to press and what it does; a click on it is that key. */
struct screen_key {
	const char *label; /* "Enter" */
	uint32_t code;	   /* 0: only told, not clickable */
	const char *word;  /* "open" */
};
#define SCREEN_KEYS 12

/* What stands around the body. Filled anew for each painting; the buffers are empty at first. */
struct screen_lines {
	struct buf title;  /* where am I: stands behind "debwiz · " */
	struct buf status; /* at the right of the first line */
	struct buf help;   /* about what is under the cursor */
	enum role help_role;
	struct screen_key keys[SCREEN_KEYS];
	size_t key_count;
};
/* Adds an entry to the last line; what does not fit there is left out from the end. Labels and
 * words are borrowed. */
void screen_lines_key(struct screen_lines *l, const char *label, uint32_t code, const char *word);

struct screen_ops {
	const char *name; /* for the crash report: "home" */
	bool floating;	  /* a dialog: has a frame, what is below stays in sight */
	bool bare;	  /* has the whole terminal at any size and gets every key, F10 and Ctrl-C too */
	/* A dialog says how much room it wants inside its frame, within the given most. */
	void (*measure)(struct screen *s, int *rows, int *columns);
	/* Told when the room for its body is known or has changed. May be NULL. */
	void (*layout)(struct screen *s, int rows, int columns);
	/* Which movements of the mouse the uppermost gets. NULL: none. */
	enum term_moves (*moves)(struct screen *s);
	/* Before the uppermost is painted: catches up with what came meanwhile, and may put a
	 * dialog on top. May be NULL. */
	void (*sync)(struct screen *s);
	void (*paint)(struct screen *s, const struct canvas *c);
	/* Where the cursor is to stand after painting, in the body; leave *row at -1 to hide it.
	 * NULL. */
	void (*cursor)(struct screen *s, int *row, int *column);
	/* What stands in the lines around it. NULL for bare screens. */
	void (*lines)(struct screen *s, struct screen_lines *out);
	/* A key; false: not for me. Mouse events come here too (K_MOUSE), with row and column in
	 * the body; the wheel where it is not taken is Up or Down three times. */
	bool (*key)(struct screen *s, const struct key *k);
	/* It became the uppermost again, or is so for the first time. May be NULL. */
	void (*shown)(struct screen *s);
	/* The person wants to leave the program: true when this screen has asked a question
	 * instead, and will call app_leave itself. NULL: leaves. */
	bool (*leaving)(struct screen *s);
	/* Owned text for F1, several lines. NULL: the help line says it all. */
	char *(*help)(struct screen *s);
	/* Frees `self`. Nothing may come for the screen afterwards: timers and requests end here.
	 */
	void (*close)(struct screen *s);
};

struct screen {
	const struct screen_ops *ops;
	void *self; /* the screen's own */
	struct app *app;
	struct screen *below;
	int rows, columns; /* of its body */
	int top, left;	   /* where the body lies in the terminal */
};

/* Puts a screen on top; `self` is then the screen's. */
struct screen *screen_push(struct app *app, const struct screen_ops *ops, void *self);
/* Takes it off, with everything that lies above it. `close` runs at the end of the loop's turn. */
void screen_pop(struct screen *s);
/* Is it the one that gets the keys? */
bool screen_is_top(const struct screen *s);

#endif
