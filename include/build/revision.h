/* SPDX-License-Identifier: MIT */
/* revision: the tree of one revision of a git repository, by git itself (gitrevisions(7)). */
#ifndef BUILD_REVISION_H
#define BUILD_REVISION_H

#include <stdbool.h>

#include "base/err.h"

/* Takes DIR@REV apart, at the first @ before which there is a folder; both are owned. False if there is none, or if the
 * whole word exists. */
bool revision_split(const char *word, char **dir, char **rev);
/* Writes the folder `dir` as it is in the revision to `to`, which is created: the bytes that git has, with its
 * submodules at their commits; nothing of the working tree, no attribute and no program of its configuration counts.
 * `scratch` is a path for git's own files, which the caller removes. "revision-unknown", "revision-submodule" (one is
 * not checked out, so that its commits are not here), "exec-missing" (no git), those of git. Blocks. */
int revision_checkout(const char *dir, const char *rev, const char *to, const char *scratch, struct err *e);

#endif
