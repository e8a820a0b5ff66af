/* SPDX-License-Identifier: MIT */
/*
 * folder: rows of a picker for a typed path: the entries of its folder, and completion; and rows that are kept until
 * the typed text changes.
 */
#ifndef TUI_TOOLKIT_FOLDER_H
#define TUI_TOOLKIT_FOLDER_H

#include <stdbool.h>

#include "base/choice.h"

/* Zero-initialised it is empty, for no text. */
struct typed_rows {
	struct choices rows;
	char *typed; /* the text that they are for; NULL: none yet */
};

/* True: the rows were for another text; they were removed, and the caller adds those for this one. */
bool typed_rows_begin(struct typed_rows *t, const char *typed);
/* Returns them as a picker takes them; borrowed. `note` is shown if there are none. */
struct choice_list typed_rows_list(const struct typed_rows *t, const char *note);
void typed_rows_fini(struct typed_rows *t);

/* Which entries of a folder are listed. */
struct folder_look {
	const char *base;   /* the folder that a relative path is relative to */
	const char *ending; /* of the files' names; NULL: any */
	bool folders_only;
};

/* Adds the entries of the folder of `typed` (up to its last slash) whose names begin as it ends,
 * sorted, folders with a slash behind; at most 500. Their values are absolute or begin with `~/`,
 * whatever was typed. For an empty text: where a path may begin. Blocks to read the folder. */
void folder_rows(struct choices *out, const char *typed, const struct folder_look *look);
/* Returns the longest beginning that the values of all rows share, if it is longer than `typed`; else
 * NULL. Owned by the caller. */
char *folder_complete(const struct choice_list *rows, const char *typed);

#endif
