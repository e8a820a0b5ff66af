/* SPDX-License-Identifier: MIT */
/* change_examine: what a change and its examination share. */
#ifndef MACHINE_CHANGE_EXAMINE_H
#define MACHINE_CHANGE_EXAMINE_H

#include "machine/change.h"
#include "spec/spec.h"

/* Reads c->ini as the record of the name c->to (CLONE, RENAME). The caller frees `s` in either case. */
int change_spec(const struct change *c, struct spec *s, struct err *e);
/* Returns whether a clone copies the disk in `dir`. A disk to which nothing was written is better created again: the
 * copy then is a machine of its own. */
bool change_copies_disk(const char *dir);

#endif
