/* SPDX-License-Identifier: MIT */
/* diff: the lines of two texts compared. */
#ifndef WIZARD_DIFF_H
#define WIZARD_DIFF_H

#include "wizard/wizard.h"

/* Appends all lines of both to d, marked, and sets d->same. */
void diff_lines(const char *old, const char *new, struct wizard_diff *d);

#endif
