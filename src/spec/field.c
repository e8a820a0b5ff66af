/* SPDX-License-Identifier: MIT */
/* field: what one row of the table does, by its type; see include/spec/field.h. */
#include "spec/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/size.h"
#include "hint.h"

#define SHOWN_MAX 60 /* bytes of a bad value in a message */

static void *field_at(const struct field *f, struct spec *s)
{
	return (char *)s + f->offset;
}

static const void *field_const_at(const struct field *f, const struct spec *s)
{
	return (const char *)s + f->offset;
}

const struct field *field_find(const char *section, const char *key)
{
	for (size_t i = 0; i < field_count; i++)
		if (!strcmp(field_table[i].key, key) && !strcmp(field_table[i].section, section))
			return &field_table[i];
	return NULL;
}

static bool field_is_word(const char *const *words, const char *v)
{
	for (; words && *words; words++)
		if (!strcmp(*words, v))
			return true;
	return false;
}

static void field_add_words(struct buf *b, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(b, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

char *field_allowed(const struct field *f)
{
	char low[SIZE_TEXT];
	char high[SIZE_TEXT];
	struct buf b;

	buf_init(&b, 0);
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_CHOICE:
	case FIELD_LIST:
		if (f->choices)
			field_add_words(&b, f->choices);
		else
			buf_adds(&b, f->type == FIELD_LIST ? "the key repeated, one item a line" : "a text");
		break;
	case FIELD_BOOL:
		buf_adds(&b, "yes or no");
		break;
	case FIELD_UINT:
		if (f->min == f->max)
			buf_addf(&b, "%" PRIu64, f->min);
		else
			buf_addf(&b, "%s%sa whole number from %" PRIu64 " to %" PRIu64, f->zero ? f->zero : "",
				 f->zero ? " or " : "", f->min, f->max);
		break;
	case FIELD_SIZE:
		buf_addf(&b, "a size with K, M, G or T from %s to %s", size_format(f->min, low),
			 size_format(f->max, high));
		break;
	case FIELD_DURATION:
		buf_addf(&b, "a duration in s or m from %s to %s", duration_format(f->min, low),
			 duration_format(f->max, high));
		break;
	}
	return buf_steal(&b);
}

/* The value in quotes, short and without what would disturb a terminal. */
static void field_add_shown(struct buf *b, const char *value)
{
	size_t n = 0;

	buf_addc(b, '"');
	for (; *value && n < SHOWN_MAX; value++, n++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\x%02x", (unsigned)c);
		else
			buf_addc(b, *value);
	}
	/* Not in the middle of a UTF-8 character. */
	while (*value && ((unsigned char)*value & 0xc0) == 0x80)
		buf_addc(b, *value++);
	buf_adds(b, *value ? "...\"" : "\"");
}

/* `why`: the part of a sentence behind the value, where it has one of its own. */
static int field_refuse(const struct field *f, const char *value, const char *why, struct err *e)
{
	struct buf b;
	char *allowed;
	char *meant;

	if (!e)
		return -1;
	allowed = why ? NULL : field_allowed(f);
	meant = hint_value(f, value);
	buf_init(&b, 0);
	if (f->secret)
		buf_adds(&b, "the value");
	else
		field_add_shown(&b, value);
	if (why)
		buf_addf(&b, " %s%s%s", why, meant ? "; write " : "", meant ? meant : "");
	else if (meant)
		buf_addf(&b, " is not allowed; write %s (allowed: %s)", meant, allowed);
	else
		buf_addf(&b, " is not allowed; write %s", allowed);
	err_set(e, ERR_USAGE, "value-bad", "%s", b.data);
	free(meant);
	free(allowed);
	buf_fini(&b);
	return -1;
}

static int field_refuse_later(const struct field *f, const char *value, struct err *e)
{
	char *allowed = field_allowed(f);

	err_set(e, ERR_USAGE, "value-later", "\"%s\" is not supported yet; write %s", value,
		f->type == FIELD_BOOL ? "no" : allowed);
	free(allowed);
	return -1;
}

/* Numbers of all kinds; `zero` is 0. */
static int field_parse_number(const struct field *f, const char *value, uint64_t *out)
{
	if (f->zero && !strcmp(value, f->zero)) {
		*out = 0;
		return 0;
	}
	if (f->type == FIELD_SIZE	? size_parse(value, out, NULL) < 0
	    : f->type == FIELD_DURATION ? duration_parse(value, out, NULL) < 0
					: number_parse(value, 0, UINT32_MAX, out, NULL) < 0)
		return -1;
	return *out < f->min || *out > f->max ? -1 : 0;
}

static void field_set_text(char **p, const char *value)
{
	char *copy = xstrdup(value);

	free(*p);
	*p = copy;
}

static int field_check_text(const struct field *f, const char *value, struct err *e)
{
	struct err why = ERR_INIT;
	int r;

	if (f->choices && !field_is_word(f->choices, value))
		return field_refuse(f, value, NULL, e);
	if (!f->check || f->check(value, &why) >= 0)
		return 0;
	if (!strcmp(why.id, "value-secret"))
		r = err_set(e, ERR_USAGE, "value-bad", "the value %s", why.text);
	else
		r = field_refuse(f, value, why.text, e);
	err_fini(&why);
	return r;
}

static int field_add_item(const struct field *f, struct strv *list, const char *value, struct err *e)
{
	if (!*value)
		return 0;
	if (field_check_text(f, value, e) < 0)
		return -1;
	if (list->len >= FIELD_LIST_MAX)
		return err_set(e, ERR_USAGE, "value-bad", "more than %d items", FIELD_LIST_MAX);
	strv_add(list, value);
	return 0;
}

int field_parse(const struct field *f, struct spec *s, const char *value, struct err *e)
{
	uint64_t n;

	if (field_is_word(f->later, value))
		return field_refuse_later(f, value, e);
	switch (f->type) {
	case FIELD_TEXT:
		if (field_check_text(f, value, e) < 0)
			return -1;
		field_set_text(field_at(f, s), value);
		return 0;
	case FIELD_LIST:
		return field_add_item(f, field_at(f, s), value, e);
	case FIELD_BOOL:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return field_refuse(f, value, NULL, e);
		*(bool *)field_at(f, s) = *value == 'y';
		return 0;
	case FIELD_CHOICE:
		for (int i = 0; f->choices[i]; i++)
			if (!strcmp(f->choices[i], value)) {
				memcpy(field_at(f, s), &i, sizeof(i));
				return 0;
			}
		return field_refuse(f, value, NULL, e);
	case FIELD_UINT:
		if (field_parse_number(f, value, &n) < 0)
			return field_refuse(f, value, NULL, e);
		*(unsigned *)field_at(f, s) = (unsigned)n;
		return 0;
	case FIELD_SIZE:
	case FIELD_DURATION:
		if (field_parse_number(f, value, &n) < 0)
			return field_refuse(f, value, NULL, e);
		*(uint64_t *)field_at(f, s) = n;
		return 0;
	}
	return -1;
}

static int field_choice(const struct field *f, const struct spec *s)
{
	int i;

	memcpy(&i, field_const_at(f, s), sizeof(i));
	return i;
}

void field_format(const struct field *f, const struct spec *s, struct strv *out)
{
	const void *p = field_const_at(f, s);
	const struct strv *list = p;
	char text[SIZE_TEXT];
	uint64_t n;

	switch (f->type) {
	case FIELD_TEXT:
		strv_add(out, *(char *const *)p);
		break;
	case FIELD_LIST:
		for (size_t i = 0; i < list->len; i++)
			strv_add(out, list->items[i]);
		break;
	case FIELD_BOOL:
		strv_add(out, *(const bool *)p ? "yes" : "no");
		break;
	case FIELD_CHOICE:
		strv_add(out, f->choices[field_choice(f, s)]);
		break;
	case FIELD_UINT:
		if (f->zero && !*(const unsigned *)p)
			strv_add(out, f->zero);
		else
			strv_addf(out, "%u", *(const unsigned *)p);
		break;
	case FIELD_SIZE:
	case FIELD_DURATION:
		n = *(const uint64_t *)p;
		strv_add(out, f->zero && !n	      ? f->zero
			      : f->type == FIELD_SIZE ? size_format(n, text)
						      : duration_format(n, text));
		break;
	}
}

void field_clear(const struct field *f, struct spec *s)
{
	strv_fini(field_at(f, s));
}

void field_reset(const struct field *f, struct spec *s)
{
	struct err e = ERR_INIT;

	if (f->type == FIELD_LIST) {
		field_clear(f, s);
		if (f->initial)
			strv_add(field_at(f, s), f->initial);
	} else if (f->type == FIELD_TEXT)
		field_set_text(field_at(f, s), f->initial); /* "" may be no value one can write */
	else
		(void)field_parse(f, s, f->initial, &e);
	err_fini(&e);
}

bool field_equal(const struct field *f, const struct spec *a, const struct spec *b)
{
	const void *p = field_const_at(f, a);
	const void *q = field_const_at(f, b);

	switch (f->type) {
	case FIELD_TEXT:
		return !strcmp(*(char *const *)p, *(char *const *)q);
	case FIELD_LIST:
		return strv_equal(p, q);
	case FIELD_BOOL:
		return *(const bool *)p == *(const bool *)q;
	case FIELD_CHOICE:
		return field_choice(f, a) == field_choice(f, b);
	case FIELD_UINT:
		return *(const unsigned *)p == *(const unsigned *)q;
	case FIELD_SIZE:
	case FIELD_DURATION:
		return *(const uint64_t *)p == *(const uint64_t *)q;
	}
	return false;
}

void field_fini(const struct field *f, struct spec *s)
{
	if (f->type == FIELD_LIST) {
		field_clear(f, s);
	} else if (f->type == FIELD_TEXT) {
		free(*(char **)field_at(f, s));
		*(char **)field_at(f, s) = NULL;
	}
}
