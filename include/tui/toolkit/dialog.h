/* SPDX-License-Identifier: MIT */
/*
 * dialog: small screens on top of another: a message, a question, a text to read.
 */
#ifndef TUI_TOOLKIT_DIALOG_H
#define TUI_TOOLKIT_DIALOG_H

#include <stdatomic.h>
#include <stddef.h>

#include "tui/toolkit/screen.h"

struct dialog_question {
	const char *title;
	const char *text;			  /* may have several lines */
	const char *const *choices;		  /* what the buttons say; copied */
	size_t count, fallback;			  /* the choice that Enter takes at first */
	size_t escape;				  /* the choice that Esc takes; >= count: the same as fallback */
	bool later;				  /* Esc closes it without an answer instead: gone is called */
	enum role (*line_role)(const char *line); /* how a line looks; NULL: role, then plain */
	enum role role;				  /* of the text's first line: ROLE_WARN, ROLE_BAD, ... */
	void (*answer)(size_t choice, void *arg); /* once; the dialog has gone by then. May be NULL */
	void (*gone)(void *arg);		  /* it is closed without an answer. May be NULL */
	void *arg;
};

/* All texts are copied. */
struct screen *dialog_ask(struct app *app, const struct dialog_question *q);
/* A message with one button. */
struct screen *dialog_message(struct app *app, const char *title, const char *text);
/* An error: what happened, and what to do about it. */
struct screen *dialog_error(struct app *app, const char *title, const struct err *e);
/* A text that can be scrolled and searched. */
struct screen *dialog_text(struct app *app, const char *title, const char *text);

/* Work that is under way elsewhere. C asks it to end, Esc closes the dialog alone. */
struct dialog_working {
	const char *title, *text;    /* copied */
	const atomic_uint *permille; /* how far it is, looked at often; NULL: not known */
	void (*cancel)(void *arg);   /* NULL: it cannot be ended */
	void (*gone)(void *arg);     /* the dialog is being freed; may be NULL */
	void *arg;
};
struct screen *dialog_work(struct app *app, const struct dialog_working *how);

#endif
