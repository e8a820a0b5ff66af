/* SPDX-License-Identifier: MIT */
/* recompute: the record made to follow the answers. */
#ifndef WIZARD_RECOMPUTE_H
#define WIZARD_RECOMPUTE_H

#include "wizard/wizard.h"

/* Makes the record follow the answers and finds what is wrong. `cause`: the question that was answered, or NULL. */
void wizard_recompute(struct wizard *w, const struct wizard_question *cause);
/* Replaces `out` by the field's values as in INI. */
void field_values(const struct field *f, const struct spec *s, struct strv *out);
/* Sets a field from such values, which must be valid. */
void field_assign(const struct field *f, struct spec *s, const struct strv *values);

#endif
