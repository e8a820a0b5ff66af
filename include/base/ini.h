/* SPDX-License-Identifier: MIT */
/*
 * ini: reading an INI text with inih, strictly, and a document that keeps every line as it was, so
 * that what is written back differs only where a value was changed.
 *
 * A line is blank, a comment (`;` or `#` first), `[section]` or `key = value`; behind a section or
 * value a blank and `;` begin an inline comment. Section and key are letters, digits, `_`, `-` and
 * `.`, at most INI_NAME_MAX. What inih would cut or read in another sense is refused by name before
 * inih sees it: CR within a line or another control character, a line over INI_LINE_MAX bytes or a
 * text over INI_FILE_MAX, a blank before a key (inih: continuation), `key: value`, text behind
 * a section's bracket, a key outside a section. A byte order mark before the text and CR before a line
 * end are no part of a line; a document keeps them.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INI_LINE_MAX 190
#define INI_NAME_MAX 49
#define INI_FILE_MAX (1024 * 1024)

/* A text may begin with UTF-8's byte order mark: its length then, else 0. */
#define INI_MARK "\xef\xbb\xbf"
size_t ini_mark_len(const char *text, size_t n);

/* One `key = value`; strings are borrowed for the call. `line` counts from 1.
 * Return 0 to go on, -1 (with e filled) to stop. */
typedef int (*ini_entry_fn)(const char *section, const char *key, const char *value, unsigned line, void *arg,
			    struct err *e);

/* One line that is refused; line 0 is the text as a whole. */
typedef void (*ini_bad_fn)(unsigned line, const char *message, void *arg);

/* Hands every good line to fn and every bad one to bad, in order. 0 unless fn stopped it. */
int ini_scan(const char *text, size_t n, ini_entry_fn fn, ini_bad_fn bad, void *arg, struct err *e);

/* As ini_scan; fails with one `NAME:LINE: message` a line (the first INI_FAULTS_MAX of them) when
 * any line was bad. fn still gets the good ones: drop what it gathered when this fails. */
#define INI_FAULTS_MAX 20
int ini_read(const char *name, const char *text, size_t n, ini_entry_fn fn, void *arg, struct err *e);

/* A document: lines in order, comments and unknown keys included. */
struct ini_doc;

struct ini_doc *ini_doc_new(void);
/* Copies the text's lines. NULL on error. */
struct ini_doc *ini_doc_parse(const char *name, const char *text, size_t n, struct err *e);
void ini_doc_free(struct ini_doc *d);
/* Replaces the lines of that key by one line per value. A line whose value stays is untouched; of
 * the others each takes the place of a line that goes, with its inline comment, and the rest
 * follow. No values: its lines go. A new key goes behind the last key of its section, a new
 * section to the end. A value that would not be read back as it is (LF, CR, control characters, a
 * blank at an end, a blank before `;`, a line over INI_LINE_MAX) is an error that names the key. */
int ini_doc_set(struct ini_doc *d, const char *section, const char *key, const char *const *values, size_t count,
		struct err *e);
/* Line (from 1) of the key's item number `index` (from 0, empty values not counted), 0: none. */
unsigned ini_doc_line(const struct ini_doc *d, const char *section, const char *key, size_t index);
/* Puts a comment block (each line gets `; ` before it) at the end. */
void ini_doc_comment(struct ini_doc *d, const char *text);
/* The text; owned by the caller. */
char *ini_doc_text(const struct ini_doc *d);

#endif
