/* SPDX-License-Identifier: MIT */
/*
 * results: what a build made, moved to the person's folder when all of it is here. It arrives in a folder of that file
 * system, so that each file is renamed: it is whole, or is not there.
 */
#ifndef BUILD_RESULTS_H
#define BUILD_RESULTS_H

#include "base/err.h"
#include "base/strv.h"

/* Moves everything in the folder `from` to the folder `to`, over files of the same names, and removes `from`. Folders
 * are merged. Refuses before the first move if a file would replace a folder, or a folder a file ("results-kind").
 * Appends the paths below `to` of the files, sorted, to `names`. Blocks. */
int results_move(const char *from, const char *to, struct strv *names, struct err *e);

#endif
