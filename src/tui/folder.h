/* SPDX-License-Identifier: MIT */
/* folder: what stands in the folder of a path that is being typed, as rows of a picker. */
#ifndef TUI_FOLDER_H
#define TUI_FOLDER_H

#include <stdbool.h>

#include "wizard/offers.h"
#include "wizard/wizard.h"

/* Adds the entries of the folder of `typed` (up to its last slash; `~/` is home) whose names begin
 * as it ends, sorted, folders with a slash behind; at most 500. Reads the folder: blocks for that. */
void folder_rows(struct wizard_rows *out, const char *typed, bool folders_only);
/* The longest beginning that the values of all rows share, where it is longer than `typed`; else
 * NULL. Owned by the caller. */
char *folder_complete(const struct wizard_list *rows, const char *typed);

#endif
