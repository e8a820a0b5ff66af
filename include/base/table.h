/* SPDX-License-Identifier: MIT */
/*
 * table: typed columns of C structs. A row of a table of columns names a member, its type, its default and what it
 * may hold; text (INI, --set), JSON, defaults, comparison and freeing follow from that row.
 *
 * A table is an array of columns that ends with a column without key. `row` is always the struct that the offsets
 * belong to.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"

enum column_type {
	COLUMN_TEXT,	 /* char *, owned, never NULL after column_reset */
	COLUMN_BOOL,	 /* bool: yes, no */
	COLUMN_UINT,	 /* unsigned, within min..max */
	COLUMN_NUMBER,	 /* int64_t or uint64_t */
	COLUMN_SIZE,	 /* uint64_t bytes, within min..max */
	COLUMN_DURATION, /* uint64_t ms, within min..max */
	COLUMN_CHOICE,	 /* enum (int-sized), index into choices */
	COLUMN_LIST,	 /* struct strv; each text is an item */
	COLUMN_WORDS,	 /* struct strv; each text is items with blanks between */
};

struct column {
	const char *key;
	enum column_type type;
	size_t offset;
	const char *initial;	    /* default as text; NULL: empty, no, 0 */
	const char *const *choices; /* CHOICE: the names; TEXT: what is allowed, NULL: any; ends with NULL */
	const char *zero;	    /* UINT, SIZE, DURATION: the word for 0, NULL: none */
	uint64_t min, max;	    /* UINT, SIZE, DURATION; max 0: no limits */
	/* TEXT, LIST: the grammar of a value, NULL: none. 0, or -1 with e's text the part of a sentence that follows
	 * the value: "is not a user name; ...". */
	int (*check)(const char *value, struct err *e);
	bool required; /* see table_missing */
};

/* Sets the default. The member must be zero or hold a value of its column. */
void column_reset(const struct column *c, void *row);
/* Sets the value from text; lists append, and an empty item adds nothing. On error (-1) the value is unchanged and e
 * holds what `check` reported, or is empty if column_allowed says it all. */
int column_parse(const struct column *c, void *row, const char *value, struct err *e);
/* Appends the value as text to `out`: an item each of a list, else exactly one. */
void column_format(const struct column *c, const void *row, struct strv *out);
bool column_equal(const struct column *c, const void *a, const void *b);
/* What column_parse accepts, in words ("uefi or direct", "a size with K, M, G or T from 256M to 4T"); owned. */
char *column_allowed(const struct column *c);
/* Frees the value and empties a text or list. */
void column_fini(const struct column *c, void *row);

/* The column of that key, or NULL. */
const struct column *table_find(const struct column *table, const char *key);
/* Sets the defaults of all columns. */
void table_reset(const struct column *table, void *row);
void table_fini(const struct column *table, void *row);
/* The key of the first required column whose text or list is empty or whose number is 0; NULL: none. */
const char *table_missing(const struct column *table, const void *row);
/* Sets a member of the object for each column. A choice is its name, other numbers are integers, a NULL text is "".
 * -1 if a text is not valid UTF-8; its member is then missing. */
int table_to_json(const struct column *table, const void *row, json_t *object);
/* Fills the row, whose columns hold nothing, from an object; a member that is absent, of another type or not among
 * the choices gives the default. */
void table_from_json(const struct column *table, void *row, const json_t *object);

#endif
