/* SPDX-License-Identifier: MIT */
/*
 * screen: what fills the terminal, as a table of functions. Screens lie on a stack; the uppermost
 * gets the keys; a dialog is a screen that leaves what is below it in sight. No screen runs a loop
 * of its own: each function does its part and returns.
 *
 * layout reports the size; paint draws the present state. After a change a screen calls app_changed, which paints
 * once at the end of the loop's turn.
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
	uint32_t code;	   /* 0: shown, but not clickable */
	const char *word;  /* "open" */
};
#define SCREEN_KEYS 12

/* The lines around the body. Filled for each painting; the buffers are empty at first. */
struct screen_lines {
	struct buf title;  /* where the user is: follows "debwiz · " */
	struct buf status; /* at the right of the first line */
	struct buf help;   /* about what is under the cursor */
	enum role help_role;
	struct screen_key keys[SCREEN_KEYS];
	size_t key_count;
};
/* Adds an entry to the last line; entries that do not fit there are left out from the end. Labels and
 * words are borrowed. */
void screen_lines_key(struct screen_lines *l, const char *label, uint32_t code, const char *word);

struct screen_ops {
	const char *name; /* for the crash report: "home" */
	bool floating;	  /* a dialog: has a frame, and what is below stays in sight */
	bool bare;	  /* has the whole terminal at any size and gets every key, F10 and Ctrl-C too */
	/* Reduces rows and columns to what the dialog needs inside its frame. */
	void (*measure)(struct screen *s, int *rows, int *columns);
	/* Called when the size of its body is known or has changed. May be NULL. */
	void (*layout)(struct screen *s, int rows, int columns);
	/* Returns which movements of the mouse the uppermost screen gets. NULL: none. */
	enum term_moves (*moves)(struct screen *s);
	/* Called before the uppermost screen is painted: updates its state, and may put a dialog on top. May be NULL.
	 */
	void (*sync)(struct screen *s);
	void (*paint)(struct screen *s, const struct canvas *c);
	/* Sets where the cursor is after painting, in the body; leaves *row at -1 to hide it. May be NULL. */
	void (*cursor)(struct screen *s, int *row, int *column);
	/* Fills the lines around the body. NULL for bare screens. */
	void (*lines)(struct screen *s, struct screen_lines *out);
	/* Handles a key; false: not one of its keys. Mouse events are keys (K_MOUSE), with row and column in the body;
	 * a wheel that is not handled is Up or Down three times. */
	bool (*key)(struct screen *s, const struct key *k);
	/* Called when the screen becomes the uppermost. May be NULL. */
	void (*shown)(struct screen *s);
	/* Called when the user leaves the program. True: the screen has asked a question instead, and will call
	 * app_leave itself. NULL: agrees. */
	bool (*leaving)(struct screen *s);
	/* Returns owned text for F1, several lines. NULL: the help line is enough. */
	char *(*help)(struct screen *s);
	/* Frees `self`, and ends timers and requests: no callback may come for the screen afterwards. */
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
/* Takes a screen off, with everything that lies above it. `close` runs at the end of the loop's turn. */
void screen_pop(struct screen *s);
/* The uppermost screen, which gets the keys; NULL: none. */
struct screen *screen_top(const struct app *app);
/* Returns self of `s` if that is still on the stack and has these functions, else NULL: `s` may have been freed. */
void *screen_self(const struct app *app, const struct screen *s, const struct screen_ops *ops);

#endif
