/* SPDX-License-Identifier: MIT */
/* change_private: what the two halves of changing a machine share. */
#ifndef PREP_CHANGE_PRIVATE_H
#define PREP_CHANGE_PRIVATE_H

#include "prep/change.h"
#include "spec/spec.h"

/* The record of c->ini under the name c->to (CLONE, RENAME). `s` is to be freed in either case. */
int change_spec(const struct change *c, struct spec *s, struct err *e);

#endif
