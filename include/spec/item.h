/* SPDX-License-Identifier: MIT */
/*
 * item: the parts of structured items (`a=b,c=d`, a comma within a value is doubled), for their grammar and for
 * completion.
 */
#ifndef SPEC_ITEM_H
#define SPEC_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum item_kind { ITEM_TEXT, ITEM_WORD, ITEM_FILE, ITEM_FOLDER };

struct item_part {
	const char *key; /* NULL ends the table */
	bool required;
	enum item_kind kind;
	const char *const *words;			/* ITEM_WORD: the allowed words; ends with NULL */
	int (*check)(const char *value, struct err *e); /* grammar (spec/grammar.h), or NULL */
	const char *about;				/* a short description */
};

extern const struct item_part item_drive[];
extern const struct item_part item_share[];

/* The end of an incomplete item. */
struct item_end {
	const struct item_part *part; /* whose value is incomplete; NULL: a key is */
	size_t at;		      /* offset in the item where that value or key begins */
	unsigned given;		      /* bit i: the item has parts[i] */
	char *text;		      /* that value or key, with single commas; owned by the caller */
	bool complete;		      /* a value that its part's grammar accepts */
};

/* Parses an incomplete item, which may be invalid; an unknown key leaves `part` NULL. */
void item_end(const struct item_part *parts, const char *item, struct item_end *out);
/* Returns a value with its commas doubled, as within an item; owned by the caller. */
char *item_escape(const char *value);

#endif
