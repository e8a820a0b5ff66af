/* SPDX-License-Identifier: MIT */
/*
 * folder: rows of a picker that depend on what is typed: kept until that changes, the content of the
 * folder of a path, completion.
 */
#ifndef TUI_TOOLKIT_FOLDER_H
#define TUI_TOOLKIT_FOLDER_H

#include <stdbool.h>

#include "wizard/offers.h"
#include "wizard/wizard.h"

/* Zero-initialised it is empty and holds for nothing. */
struct typed_rows {
	struct wizard_rows rows;
	char *typed; /* what they are for, NULL: nothing yet */
};

/* Whether the rows are for another text than this; they are then gone, and to be added for it. */
bool typed_rows_begin(struct typed_rows *t, const char *typed);
/* As a picker takes them; borrowed. `note` is shown if there are none. */
struct wizard_list typed_rows_list(const struct typed_rows *t, const char *note);
void typed_rows_fini(struct typed_rows *t);

/* What is looked for in a folder. */
struct folder_look {
	const char *base;   /* the folder that a relative path counts from */
	const char *ending; /* of the files' names, NULL: any */
	bool folders_only;
};

/* Adds the entries of the folder of `typed` (up to its last slash) whose names begin as it ends,
 * sorted, folders with a slash behind; at most 500. Their values are absolute or begin with `~/`,
 * whatever was typed. Nothing typed: where one may begin. Reads the folder: blocks for that. */
void folder_rows(struct wizard_rows *out, const char *typed, const struct folder_look *look);
/* The longest beginning that the values of all rows share, where it is longer than `typed`; else
 * NULL. Owned by the caller. */
char *folder_complete(const struct wizard_list *rows, const char *typed);

#endif
