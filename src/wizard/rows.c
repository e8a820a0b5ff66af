/* SPDX-License-Identifier: MIT */
/* rows: the rows of a list; see include/wizard/offers.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wizard/offers.h"

void wizard_rows_fini(struct wizard_rows *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct wizard_row *row = &r->items[i];

		free(row->value);
		free(row->label);
		for (size_t c = 0; c < WIZARD_COLUMNS; c++)
			free(row->columns[c]);
		free(row->note);
		free(row->why_not);
	}
	free(r->items);
	free(r->note);
	*r = (struct wizard_rows){.items = NULL};
}

struct wizard_row *wizard_rows_add(struct wizard_rows *r, const char *value, const char *label)
{
	struct wizard_row *row;

	/* grown by powers of two: nothing beside the length need be remembered */
	if (!(r->len & (r->len - 1)))
		r->items = xreallocarray(r->items, r->len ? r->len * 2 : 1, sizeof(*r->items));
	row = &r->items[r->len++];
	*row = (struct wizard_row){
		.value = xstrdup(value),
		.label = xstrdup(label ? label : value),
		.note = xstrdup(""),
	};
	for (size_t c = 0; c < WIZARD_COLUMNS; c++)
		row->columns[c] = xstrdup("");
	return row;
}

void wizard_row_text(char **slot, const char *text)
{
	char *copy = xstrdup(text);

	free(*slot);
	*slot = copy;
}
