/* SPDX-License-Identifier: MIT */
/*
 * field: the table of a machine's fields. One row drives default, INI, --set, checking, widget,
 * help and man page.
 */
#ifndef SPEC_FIELD_H
#define SPEC_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "spec/item.h"
#include "spec/spec.h"

enum field_type {
	FIELD_TEXT,	/* char * */
	FIELD_BOOL,	/* bool: yes, no */
	FIELD_UINT,	/* unsigned, within min..max; `zero` is the word for 0 where there is one */
	FIELD_SIZE,	/* uint64_t bytes */
	FIELD_DURATION, /* uint64_t ms */
	FIELD_CHOICE,	/* enum (int-sized), index into choices */
	FIELD_LIST,	/* struct strv, the key repeated */
};

/* Most items of a list. */
#define FIELD_LIST_MAX 500

/* Grammar of one value: 0, or -1 with e's text the part of a sentence behind the value:
 * "is not a user name; ...". It never repeats a secret. */
typedef int (*field_check)(const char *value, struct err *e);

/* What a change of the field does to a machine that is made already. */
enum field_effect { FIELD_NEXT_BOOT, FIELD_APPLIED, FIELD_GROW_ONLY, FIELD_NEW_ONLY };

struct field {
	const char *section;
	const char *key;
	enum field_type type;
	size_t offset;		    /* in struct spec */
	const char *initial;	    /* default as written in INI; lists: one item, NULL is empty */
	const char *const *choices; /* FIELD_CHOICE: words; FIELD_TEXT: what is allowed, NULL: any */
	const char *const *later;   /* words that are known and refused as "not offered yet" */
	const char *zero;
	uint64_t min, max;	       /* FIELD_UINT, FIELD_SIZE, FIELD_DURATION; TEXT: most bytes */
	field_check check;	       /* grammar of one value, NULL: none */
	const struct item_part *parts; /* FIELD_LIST: what an item is made of; NULL: one value */
	enum field_effect effect;
	bool always;	   /* written also when it has its default */
	bool secret;	   /* its value is never shown in a message */
	const char *title; /* a few words for a form */
	const char *help;  /* one or two sentences for F1, --help and the man page */
};

extern const struct field field_table[];
extern const size_t field_count;

/* Keys that are known and not offered yet, whatever their value: pairs of section and key, with
 * NULL behind the last. Words of offered keys are in the fields' `later`. */
extern const char *const field_later[][2];

/* Row of `section`.`key`, or NULL. */
const struct field *field_find(const char *section, const char *key);
/* Sets one value from text (a list: appends; an empty item adds nothing). The error's text shows
 * what was read and what is allowed, kind ERR_USAGE, id "value-later" for what is not offered yet,
 * else "value-bad"; the field is then unchanged. */
int field_parse(const struct field *f, struct spec *s, const char *value, struct err *e);
/* The value(s) as written in INI, appended to out (a scalar: exactly one). */
void field_format(const struct field *f, const struct spec *s, struct strv *out);
/* Empties a list. */
void field_clear(const struct field *f, struct spec *s);
/* Back to the default. */
void field_reset(const struct field *f, struct spec *s);
bool field_equal(const struct field *f, const struct spec *a, const struct spec *b);
/* What may be written, in words ("uefi or direct", "a size, at least 256M"); owned. */
char *field_allowed(const struct field *f);
/* Frees what the field holds. */
void field_fini(const struct field *f, struct spec *s);

#endif
