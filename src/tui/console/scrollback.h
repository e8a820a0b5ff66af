/* SPDX-License-Identifier: MIT */
/*
 * scrollback: a look at the lines that have left the guest's screen: moving, searching, marking, copying. Lines are
 * numbered as in console/find.h.
 */
#ifndef TUI_CONSOLE_SCROLLBACK_H
#define TUI_CONSOLE_SCROLLBACK_H

#include "pane.h"

/* A place in the scrollback or on the screen. */
struct scrollback_place {
	uint64_t line;
	int col;
};

struct scrollback *scrollback_new(struct pane *p);
void scrollback_free(struct scrollback *s);
/* Shows the scrollback in place of the live screen, once there is a screen. */
void scrollback_open(struct scrollback *s);
bool scrollback_is_open(const struct scrollback *s);
/* Opens it and asks what to search for. */
void scrollback_search(struct scrollback *s);
void scrollback_key(struct scrollback *s, const struct key *k);

uint64_t scrollback_top(const struct scrollback *s); /* the first line in sight */
struct scrollback_place scrollback_cursor(const struct scrollback *s);
/* Whether a cell is marked, or part of what was found. */
bool scrollback_is_marked(const struct scrollback *s, uint64_t line, int col);
const char *scrollback_copied(const struct scrollback *s); /* the last copy; NULL: none */

/* Reads the text from one place up to before another; `done` gets it, owned, when all pages have arrived. A new call
 * replaces one that is under way. */
void scrollback_read(struct scrollback *s, struct scrollback_place from, struct scrollback_place to,
		     void (*done)(struct pane *p, char *text));
/* Continues it; call after a page has arrived. */
void scrollback_read_on(struct scrollback *s);

#endif
