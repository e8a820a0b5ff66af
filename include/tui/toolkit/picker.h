/* SPDX-License-Identifier: MIT */
/*
 * picker: a dialog with a list, a line to type in above it, or both: drop-downs, suggestions,
 * search by typing, a path with completion, a text alone. The rows are those of base/choice.h.
 */
#ifndef TUI_TOOLKIT_PICKER_H
#define TUI_TOOLKIT_PICKER_H

#include "base/choice.h"
#include "tui/toolkit/screen.h"

struct picker_conf {
	const char *title;
	const char *about;   /* a sentence for the help line, or NULL */
	const char *initial; /* what is in the line at first, or NULL */
	bool types;	     /* a typed text is a value; else it only narrows the list */
	bool narrows;	     /* with types: it narrows the list, too */
	bool secret;
	bool continues;	    /* the user continues the initial text; else the first key replaces it */
	const char *folder; /* files: what a relative path is relative to; not NULL there */
	const char *ending; /* files: the ending of their names; NULL: any */
	/* Returns the rows for a typed text; borrowed until the next call. NULL: no list. */
	struct choice_list (*rows)(const char *typed, void *arg);
	/* F5, shown if it may help: requests again what the rows come from. May be NULL. */
	void (*again)(void *arg);
	/* Tab: returns the completed line (owned), or NULL. May be NULL. */
	char *(*complete)(const char *typed, void *arg);
	/* Takes a value. 0 closes the dialog, -1 shows e; 1: the dialog continues with the typed text
	 * replaced by *more (owned). */
	int (*take)(const char *value, char **more, void *arg, struct err *e);
	void (*gone)(void *arg); /* called when the dialog has closed; frees arg. May be NULL */
	void *arg;
};

/* Texts are copied. */
struct screen *picker_open(struct app *app, const struct picker_conf *conf);
/* Chooses a file below `initial`; Tab completes. take and gone as above; `rows`, if not NULL, are
 * shown until a path is typed. */
struct screen *picker_file(struct app *app, const struct picker_conf *conf);

#endif
