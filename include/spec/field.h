/* SPDX-License-Identifier: MIT */
/*
 * field: the table of a machine's fields. Defaults, INI file, --set, checks, forms, help and man page use its rows.
 */
#ifndef SPEC_FIELD_H
#define SPEC_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"
#include "spec/item.h"
#include "spec/spec.h"

/* Maximum number of items of a list. */
#define FIELD_LIST_MAX 500

/* When a change of the field takes effect in an existing machine: at the next boot, there or by a command (APPLIED), as
 * growth only, or only in a new machine. */
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

/* Known keys that are not supported yet, whatever their value: pairs of section and key; NULL ends the list. Words of
 * supported keys are in the fields' `later`. */
extern const char *const field_later[][2];

/* Returns the row of `section`.`key`, or NULL. */
const struct field *field_find(const char *section, const char *key);
/* Sets one value from text (a list: appends; an empty item adds nothing). On error the field is unchanged, and e's text
 * has the value and what is allowed: kind ERR_USAGE, id "value-later" for what is not supported yet, else "value-bad".
 */
int field_parse(const struct field *f, struct spec *s, const char *value, struct err *e);
#endif
