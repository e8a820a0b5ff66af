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
	const char *const *choices;		  /* the labels of the buttons; copied */
	size_t count, fallback;			  /* the choice that Enter takes at first */
	size_t escape;				  /* the choice that Esc takes; >= count: the same as fallback */
	bool later;				  /* Esc closes it without an answer instead: gone is called */
	enum role (*line_role)(const char *line); /* how a line looks; NULL: role, then plain */
	enum role role;				  /* of the text's first line: ROLE_WARN, ROLE_BAD, ... */
	void (*answer)(size_t choice, void *arg); /* called once, after the dialog was closed. May be NULL */
	void (*gone)(void *arg);		  /* called if it is closed without an answer. May be NULL */
	void *arg;
};

/* All texts are copied. */
struct screen *dialog_ask(struct app *app, const struct dialog_question *q);
/* Asks whether to act, by two buttons; `keep` is what Esc takes, and Enter at first. `answer` gets 1 for `act`. */
struct screen *dialog_ask_whether(struct app *app, const char *title, const char *text, const char *keep,
				  const char *act, void (*answer)(size_t choice, void *arg), void *arg);
/* A message with one button. */
struct screen *dialog_message(struct app *app, const char *title, const char *text);
/* An error: what happened, and what to do about it. */
struct screen *dialog_error(struct app *app, const char *title, const struct err *e);
/* Shows the error of something that is not possible, unless `ok`; frees it. */
void dialog_unless(struct app *app, bool ok, struct err *e);
/* A text that can be scrolled and searched. */
struct screen *dialog_text(struct app *app, const char *title, const char *text);

/* The progress of work elsewhere. C cancels the work, Esc closes the dialog alone. */
struct dialog_working {
	const char *title, *text;    /* copied */
	const atomic_uint *permille; /* read several times a second; NULL: not known */
	void (*cancel)(void *arg);   /* NULL: it cannot be cancelled */
	void (*gone)(void *arg);     /* the dialog is being freed; may be NULL */
	void *arg;
};
struct screen *dialog_work(struct app *app, const struct dialog_working *how);

#endif
