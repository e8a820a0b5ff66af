/* SPDX-License-Identifier: MIT */
/*
 * picker: a dialog with a list, a line to type in above it, or both: drop-downs, suggestions,
 * search by typing, a path with completion, an item of parts, a text alone.
 */
#ifndef TUI_TOOLKIT_PICKER_H
#define TUI_TOOLKIT_PICKER_H

#include "spec/item.h"
#include "tui/toolkit/screen.h"
#include "wizard/wizard.h"

struct picker_conf {
	const char *title;
	const char *about;   /* a sentence for the help line, or NULL */
	const char *initial; /* what is in the line at first, or NULL */
	bool types;	     /* what is typed can be taken itself; else it only narrows the list */
	bool narrows;	     /* with types: it narrows the list as well */
	bool secret;
	bool goes_on;	    /* what is in the line at first is the beginning of what is typed */
	const char *folder; /* files: what a relative path counts from; not NULL there */
	const char *ending; /* files: of their names, or NULL: any */
	/* The rows for what is typed; borrowed until it is called again. NULL: no list. */
	struct wizard_list (*rows)(const char *typed, void *arg);
	/* F5, shown if it may help: requests the rows again. May be NULL. */
	void (*again)(void *arg);
	/* Tab: what the line becomes (owned), or NULL: no such. May be NULL. */
	char *(*complete)(const char *typed, void *arg);
	/* A value was taken: 0 closes the dialog, -1 shows why not; 1: continues with the typed text
	 * replaced by *more (owned). */
	int (*take)(const char *value, char **more, void *arg, struct err *e);
	void (*gone)(void *arg); /* the dialog has closed; frees arg. May be NULL */
	void *arg;
};

/* Texts are copied. */
struct screen *picker_open(struct app *app, const struct picker_conf *conf);
/* Chooses a file below `initial`; Tab completes. take and gone as above; `rows`, where there are
 * any, stand there until a path is typed. */
struct screen *picker_file(struct app *app, const struct picker_conf *conf);
/* Writes an item of `parts`, which outlive it: the list has what may follow, files of the
 * folder that is typed among it. take and gone as above. */
struct screen *picker_item(struct app *app, const struct picker_conf *conf, const struct item_part *parts);

#endif
