/* SPDX-License-Identifier: MIT */
/*
 * item: what structured items (`a=b,c=d`, a comma within a value doubled) are made of, for their
 * grammar and for those who help to write one.
 */
#ifndef SPEC_ITEM_H
#define SPEC_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum item_kind { ITEM_TEXT, ITEM_WORD, ITEM_FILE, ITEM_FOLDER };

struct item_part {
	const char *key; /* NULL: behind the last part */
	bool required;
	enum item_kind kind;
	const char *const *words;			/* ITEM_WORD: what is allowed, NULL behind the last */
	int (*check)(const char *value, struct err *e); /* grammar, as a field_check; or NULL */
	const char *about;				/* a few words */
};

extern const struct item_part item_drive[];
extern const struct item_part item_share[];

/* Where an item that is being written has got to. */
struct item_end {
	const struct item_part *part; /* whose value is being written; NULL: a key is */
	size_t at;		      /* the byte of the item where that value or key begins */
	unsigned given;		      /* bit i: parts[i] is there already, before or at the end */
	char *text;		      /* that value or key, its commas single; owned by the caller */
	bool complete;		      /* it is a value that its part's grammar takes */
};

/* Takes an unfinished item apart, whatever it holds; an unknown key leaves `part` NULL. */
void item_end(const struct item_part *parts, const char *item, struct item_end *out);
/* A value as it is written within an item; owned by the caller. */
char *item_escape(const char *value);

#endif
