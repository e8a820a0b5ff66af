/* SPDX-License-Identifier: MIT */
/* lists: the rows that questions and the review offer. */
#ifndef WIZARD_LISTS_H
#define WIZARD_LISTS_H

#include "wizard/wizard.h"

struct wizard_lists *wizard_lists_new(struct wizard *w);
/* Cancels all requests. */
void wizard_lists_free(struct wizard_lists *lists);
/* Drops the rows that depend on answers. */
void wizard_lists_forget(struct wizard_lists *lists);

/* A list of the rows, whose current row is that of the answer (NULL: none). */
struct choice_list wizard_list_of(const struct choices *rows, enum choice_state state, const char *note,
				  const char *answer);

#endif
