/* SPDX-License-Identifier: MIT */
/* save: the file that is edited or written. */
#ifndef WIZARD_SAVE_H
#define WIZARD_SAVE_H

#include "wizard/wizard.h"

struct wizard_file *wizard_file_new(void);
void wizard_file_free(struct wizard_file *file);
/* Reads a file and replaces all answers by its values. */
int wizard_load(struct wizard *w, const char *path, struct err *e);
/* Whether the wizard edits an existing file. */
bool wizard_is_edited(const struct wizard *w);
/* The record as it was read; of a new machine the defaults. */
const struct spec *wizard_baseline(const struct wizard *w);
/* Makes the present record the baseline. */
void wizard_set_baseline(struct wizard *w);
/* The machine that the edited file describes. */
const struct wizard_existing *wizard_existing(const struct wizard *w);
/* Sets where to save, absolute, and takes the path; NULL: the default by the machine's name. */
void wizard_set_path(struct wizard *w, char *path);
/* Drops the default path, which depends on the name. */
void wizard_forget_path(struct wizard *w);
/* Replaces the values of secret keys by "(not shown)" and removes carriage returns; takes the text. */
char *wizard_hide(char *text);

#endif
