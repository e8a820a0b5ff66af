/* SPDX-License-Identifier: MIT */
/* field: parses values of fields and explains refused ones. */
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

#define SHOWN_MAX 60 /* bytes of a refused value in a message */

const struct field *field_find(const char *section, const char *key)
{
	for (size_t i = 0; i < field_count; i++)
		if (!strcmp(field_table[i].column.key, key) && !strcmp(field_table[i].section, section))
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

/* Appends the value in quotes, shortened and without control characters. */
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
	/* do not cut a UTF-8 character */
	while (*value && ((unsigned char)*value & 0xc0) == 0x80)
		buf_addc(b, *value++);
	buf_adds(b, *value ? "...\"" : "\"");
}

/* Fills e. `why`: the part of the sentence after the value; NULL: what is allowed. */
static int field_refuse(const struct field *f, const char *value, const char *why, struct err *e)
{
	struct buf b;
	char *allowed;
	char *meant;

	if (!e)
		return -1;
	allowed = why ? NULL : column_allowed(&f->column);
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
	AUTO_FREE char *allowed = column_allowed(&f->column);

	err_set(e, ERR_USAGE, "value-later", "\"%s\" is not supported yet; write %s", value,
		f->column.type == COLUMN_BOOL ? "no" : allowed);
	return -1;
}

int field_parse(const struct field *f, struct spec *s, const char *value, struct err *e)
{
	const struct column *c = &f->column;
	const struct strv *list = (const void *)((const char *)s + c->offset);
	struct err why = ERR_INIT;
	int r;

	if (field_is_word(f->later, value))
		return field_refuse_later(f, value, e);
	if (c->type == COLUMN_LIST && list->len >= FIELD_LIST_MAX && *value)
		return err_set(e, ERR_USAGE, "value-bad", "more than %d items", FIELD_LIST_MAX);
	r = column_parse(c, s, value, &why);
	if (r < 0 && !strcmp(why.id, "value-secret"))
		err_set(e, ERR_USAGE, "value-bad", "the value %s", why.text);
	else if (r < 0)
		field_refuse(f, value, why.text, e);
	err_fini(&why);
	return r;
}
