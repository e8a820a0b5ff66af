/* SPDX-License-Identifier: MIT */
/*
 * attach: a machine's console as a client shows it: its screen, kept up to date, pages of its scrollback on demand,
 * and the input of the user on its way to the guest. Needs no terminal.
 *
 * One client types and the others watch. The client that last attached to type, or that took over, types; when it
 * leaves, the client that typed before it types again.
 */
#ifndef MACHINE_ATTACH_H
#define MACHINE_ATTACH_H

#include "console/find.h"
#include "console/view.h"
#include "machine/client.h"

struct attach;

struct attach_ops {
	void (*changed)(void *arg); /* the screen or who types has changed, or a page was received */
	void (*state)(enum vm_state s, void *arg);
	void (*progress)(const char *state, const json_t *values, void *arg);
	/* As in struct vm_client_ops; the screen stays as it was last. */
	void (*ended)(enum vm_state s, const char *cause, void *arg);
};

/* Connects; `ops` must outlive it. */
struct attach *attach_new(struct loop *l, const char *dir, const char *runtime_dir, bool type,
			  const struct attach_ops *ops, void *arg);
void attach_free(struct attach *v); /* NULL is fine; also from within its callbacks */
/* For the power actions and snapshots; borrowed. */
struct vm_client *attach_client(struct attach *v);

/* Returns the screen; its rows are 0 until it was received. */
const struct view *attach_view(const struct attach *v);
/* Reads a line of the scrollback or the screen as `cols` cells. False: the line was requested and `changed` follows,
 * or it does not exist. */
bool attach_line(struct attach *v, uint64_t line, struct cell *cells, int cols);

/* Who types: this client; any client; how many show the console, 0 until this is known. */
bool attach_types(const struct attach *v);
bool attach_anybody_types(const struct attach *v);
unsigned attach_count(const struct attach *v);
void attach_take(struct attach *v, bool type);

/* Sends to the guest; dropped if another client types. `fn` (or NULL) gets the outcome ("not-taken": the guest does
 * not read, and nothing was sent). At most 8 KiB of UTF-8. */
void attach_type(struct attach *v, const char *text, size_t n, vm_answer_fn fn, void *arg);
void attach_paste(struct attach *v, const char *text, size_t n, vm_answer_fn fn, void *arg);
void attach_key(struct attach *v, const char *key, unsigned modifiers); /* as console_press */
void attach_click(struct attach *v, int row, int col, int button, bool pressed, unsigned modifiers);
/* Sets the size of the guest's screen; the caller informs the guest's shell. */
void attach_resize(struct attach *v, int rows, int cols, vm_answer_fn fn, void *arg);

/* Gets the text that the guest put on the clipboard last: "text" of the answer. */
void attach_clip(struct attach *v, vm_answer_fn fn, void *arg);

/* Searches from a place; `fn` gets what was found, or NULL. One search at a time: a new one replaces it. */
void attach_find(struct attach *v, const char *text, bool back, const struct find_place *from,
		 void (*fn)(const struct find_place *found, void *arg), void *arg);

#endif
