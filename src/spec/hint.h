/* SPDX-License-Identifier: MIT */
/* hint: suggests what a misspelt key or a refused value probably means. */
#ifndef SPEC_HINT_H
#define SPEC_HINT_H

#include "spec/field.h"

/* Returns the field that the unknown `section`.`key` probably means; NULL: none is similar. */
const struct field *hint_field(const char *section, const char *key);
/* Returns a valid value that the refused `value` probably means ("2048M" for "2048", "yes" for "true"); owned, NULL:
 * none, and always for a secret. */
char *hint_value(const struct field *f, const char *value);

#endif
