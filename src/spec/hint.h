/* SPDX-License-Identifier: MIT */
/* hint: what a misspelt key or a refused value probably means, for a message. */
#ifndef SPEC_HINT_H
#define SPEC_HINT_H

#include "spec/field.h"

/* The field that `section`.`key`, which is none, was probably meant to be; NULL where nothing is near. */
const struct field *hint_field(const char *section, const char *key);
/* A value that the field takes and that `value`, which it refuses, probably means ("2048M" for "2048",
 * "yes" for "true"); owned, NULL where there is none, and always for a secret. */
char *hint_value(const struct field *f, const char *value);

#endif
