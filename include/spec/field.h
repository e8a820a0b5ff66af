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
#include "base/table.h"
#include "spec/item.h"
#include "spec/spec.h"

/* Most items of a list. */
#define FIELD_LIST_MAX 500

/* What a change of the field does to a machine that is made already. */
enum field_effect { FIELD_NEXT_BOOT, FIELD_APPLIED, FIELD_GROW_ONLY, FIELD_NEW_ONLY };

struct field {
	const char *section;
	struct column column;	       /* of struct spec; its check never repeats a secret value */
	const char *const *later;      /* words that are known and refused as "not supported yet" */
	const struct item_part *parts; /* COLUMN_LIST: the parts of an item; NULL: one value */
	enum field_effect effect;
	bool always;	   /* written even if it has its default */
	bool secret;	   /* the value is never shown in a message */
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
#endif
