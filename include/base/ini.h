/* SPDX-License-Identifier: MIT */
/*
 * ini: a strict reader of INI text (inih), and a document that keeps every line, so that writing changes only the
 * lines whose value was changed.
 *
 * A line is blank, a comment (`;` or `#` first), `[section]` or `key = value`; after a section or value a blank and
 * `;` begin an inline comment. Section and key consist of letters, digits, `_`, `-` and `.`, at most INI_NAME_MAX.
 * What inih would truncate or misread is refused by name before inih sees it: CR within a line or another control
 * character, a line over INI_LINE_MAX bytes or a text over INI_FILE_MAX, a blank before a key (inih: continuation),
 * `key: value`, text after a section's bracket, a key outside a section. A byte order mark before the text and CR
 * before a line end are not part of a line; a document keeps them.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INI_LINE_MAX 190
#define INI_NAME_MAX 49
#define INI_FILE_MAX (1024 * 1024)

/* Returns the length of UTF-8's byte order mark at the beginning of a text, or 0. */
#define INI_MARK "\xef\xbb\xbf"
size_t ini_mark_len(const char *text, size_t n);

/* Receives one `key = value`; the strings are borrowed for the call, `line` counts from 1. Returns 0 to continue, or
 * -1 with e filled to stop. */
typedef int (*ini_entry_fn)(const char *section, const char *key, const char *value, unsigned line, void *arg,
			    struct err *e);

/* Receives one refused line; line 0 is the text as a whole. */
typedef void (*ini_bad_fn)(unsigned line, const char *message, void *arg);

/* Passes every valid line to fn and every invalid one to bad, in order. Returns 0 unless fn stopped it. */
int ini_scan(const char *text, size_t n, ini_entry_fn fn, ini_bad_fn bad, void *arg, struct err *e);

/* Does what ini_scan does, but fails if any line was invalid, with one `NAME:LINE: message` each (the first
 * INI_FAULTS_MAX). fn still receives the valid lines: discard them if this fails. */
#define INI_FAULTS_MAX 20
int ini_read(const char *name, const char *text, size_t n, ini_entry_fn fn, void *arg, struct err *e);

/* A document: all lines in order, including comments and unknown keys. */
struct ini_doc;

struct ini_doc *ini_doc_new(void);
/* Copies the text's lines. NULL on error. */
struct ini_doc *ini_doc_parse(const char *name, const char *text, size_t n, struct err *e);
void ini_doc_free(struct ini_doc *d);
/* Replaces the lines of that key by one line per value. A line whose value stays is not touched; each other value
 * takes the place of a line that is removed, with its inline comment, and the rest follow. Without values the lines
 * are removed. A new key is added after the last key of its section, a new section at the end. A value that would
 * not be read back unchanged (LF, CR, control characters, a blank at an end, a blank before `;`, a line over
 * INI_LINE_MAX) is an error that names the key. */
int ini_doc_set(struct ini_doc *d, const char *section, const char *key, const char *const *values, size_t count,
		struct err *e);
/* Returns the line (from 1) of item number `index` of the key (from 0; empty values do not count), or 0. */
unsigned ini_doc_line(const struct ini_doc *d, const char *section, const char *key, size_t index);
/* Appends a comment block; each line gets `; ` before it. */
void ini_doc_comment(struct ini_doc *d, const char *text);
/* Returns the text; the caller frees it. */
char *ini_doc_text(const struct ini_doc *d);

#endif
