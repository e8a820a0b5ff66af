/* SPDX-License-Identifier: MIT */
/*
 * ini: reading an INI text with inih, strictly, and a document that keeps every line as it was, so
 * that what is written back differs only where a value was changed.
 *
 * Strict: a NUL, CR, byte order mark, a line over INI_LINE_MAX bytes, a file over INI_FILE_MAX, a
 * key outside a section, or a line that is neither key, section, comment nor blank is an error
 * that names file and line. inih is fed line by line and would cut what is too long: that is
 * refused by name here before.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INI_LINE_MAX 190
#define INI_FILE_MAX (1024 * 1024)

/* One `key = value`; strings are borrowed for the call. `line` counts from 1.
 * Return 0 to go on, -1 (with e filled) to stop. */
typedef int (*ini_entry_fn)(const char *section, const char *key, const char *value, unsigned line,
			    void *arg, struct err *e);

/* Parses a text. `name` is the file's name for messages. */
int ini_read(const char *name, const char *text, size_t n, ini_entry_fn fn, void *arg,
	     struct err *e);

/* A document: lines in order, comments and unknown keys included. */
struct ini_doc;

struct ini_doc *ini_doc_new(void);
/* Copies the text's lines. NULL on error. */
struct ini_doc *ini_doc_parse(const char *name, const char *text, size_t n, struct err *e);
void ini_doc_free(struct ini_doc *d);
/* Replaces all lines of that key by one line per value, in the place of the first of them (an
 * inline comment of a replaced line stays on the first). A line whose value is the same stays
 * untouched. No values: its lines go. A new key goes to the end of its section, a new section to
 * the end. Values must not hold LF, CR or NUL, and the line must fit INI_LINE_MAX: else error. */
int ini_doc_set(struct ini_doc *d, const char *section, const char *key, const char *const *values,
		size_t count, struct err *e);
/* The text; owned by the caller. */
char *ini_doc_text(const struct ini_doc *d);

#endif
