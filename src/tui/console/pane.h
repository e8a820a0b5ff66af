/* SPDX-License-Identifier: MIT */
/* pane: a machine's console as a screen, and what its parts need of it. The guest's bytes arrive as cells alone. */
#ifndef TUI_CONSOLE_PANE_H
#define TUI_CONSOLE_PANE_H

#include "machine/attach.h"
#include "tui/toolkit/app.h"

struct pane;
struct scrollback;
struct transfer;

struct app *pane_app(const struct pane *p);
struct screen *pane_screen(const struct pane *p);
/* The pane of a screen; NULL: that is no longer on the stack. */
struct pane *pane_find(struct app *app, const struct screen *s);
struct attach *pane_attach(const struct pane *p);
struct scrollback *pane_scrollback(const struct pane *p);
struct transfer *pane_transfer(const struct pane *p);
const char *pane_name(const struct pane *p); /* of the machine */
enum vm_state pane_state(const struct pane *p);
bool pane_has_exited(const struct pane *p);
uint32_t pane_prefix(const struct pane *p); /* the prefix key, a control character */
int pane_rows(const struct pane *p);	    /* above the status line */
int pane_columns(const struct pane *p);

/* Shows a message in the status line until the next key. */
void pane_say(struct pane *p, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Opens a line of input in place of the status line, with a text to begin with. `changed` (or NULL) is called at each
 * key; `done` at the end, with NULL after Esc. `label` is borrowed. */
void pane_ask(struct pane *p, const char *label, const char *text, void (*changed)(struct pane *p, const char *text),
	      void (*done)(struct pane *p, const char *text));
/* Leaves the console. */
void pane_detach(struct pane *p);
/* Takes the keyboard from other consoles, or leaves it to them. */
void pane_toggle_keyboard(struct pane *p);

/* paint.c */
void pane_paint_cells(struct pane *p, const struct canvas *c);
/* Where the guest's cursor is in the pane; false: out of sight or hidden. */
bool pane_guest_cursor(const struct pane *p, int *row, int *column);
/* The place on the guest's screen of a place in the pane. */
void pane_guest_place(const struct pane *p, int row, int column, int *guest_row, int *guest_column);

/* keys.c: sends a key, a paste or a mouse event to the guest. */
void pane_guest_key(struct pane *p, const struct key *k);

/* menu.c: runs what the key after the prefix is for. */
void pane_command(struct pane *p, const struct key *k);
const char *pane_key_name(uint32_t code, char out[8]); /* "^A" */

#endif
