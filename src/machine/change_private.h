/* SPDX-License-Identifier: MIT */
/* change_private: what the two halves of changing a machine share. */
#ifndef MACHINE_CHANGE_PRIVATE_H
#define MACHINE_CHANGE_PRIVATE_H

#include "machine/change.h"
#include "spec/spec.h"

/* The record of c->ini under the name c->to (CLONE, RENAME). `s` is to be freed in either case. */
int change_spec(const struct change *c, struct spec *s, struct err *e);

/* Whether a clone copies the disk in `dir`. One to which nothing was written is better created again: the copy then is
 * a machine of its own. */
bool change_copies_disk(const char *dir);

#endif
