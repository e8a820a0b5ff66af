/* SPDX-License-Identifier: MIT */
/* choice: rows that are added one by one (include/base/choice.h). */
#include "base/choice.h"

#include <stdlib.h>

#include "base/mem.h"

void choices_fini(struct choices *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct choice *row = &r->items[i];

		free(row->value);
		free(row->label);
		for (size_t c = 0; c < CHOICE_COLUMNS; c++)
			free(row->columns[c]);
		free(row->note);
		free(row->why_not);
	}
	free(r->items);
	free(r->note);
	*r = (struct choices){.items = NULL};
}

struct choice *choices_add(struct choices *r, const char *value, const char *label)
{
	struct choice *row;

	/* grows by powers of two: requires no member for the size */
	if (!(r->len & (r->len - 1)))
		r->items = xreallocarray(r->items, r->len ? r->len * 2 : 1, sizeof(*r->items));
	row = &r->items[r->len++];
	*row = (struct choice){
		.value = xstrdup(value),
		.label = xstrdup(label ? label : value),
		.note = xstrdup(""),
	};
	for (size_t c = 0; c < CHOICE_COLUMNS; c++)
		row->columns[c] = xstrdup("");
	return row;
}

void choice_text(char **slot, const char *text)
{
	char *copy = xstrdup(text);

	free(*slot);
	*slot = copy;
}

bool choice_can_retry(struct choice_list l)
{
	return l.state == CHOICE_FAILED || l.provisional;
}
