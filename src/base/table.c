/* SPDX-License-Identifier: MIT */
/* table: reads, writes, compares and frees the members of structs by their columns; see include/base/table.h. */
#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"

static const char *const no_yes[] = {"no", "yes", NULL};

static void *table_at(const struct column *c, const void *row)
{
	return (char *)row + c->offset;
}

static char **table_text(const struct column *c, const void *row)
{
	return table_at(c, row);
}

static struct strv *table_list(const struct column *c, const void *row)
{
	return c->type == COLUMN_LIST || c->type == COLUMN_WORDS ? table_at(c, row) : NULL;
}

/* The number of a column that is neither text nor list. */
static uint64_t table_number(const struct column *c, const void *row)
{
	const void *p = table_at(c, row);

	if (c->type == COLUMN_BOOL)
		return *(const bool *)p;
	return c->type == COLUMN_UINT || c->type == COLUMN_CHOICE ? *(const unsigned *)p : *(const uint64_t *)p;
}

static void table_set_number(const struct column *c, void *row, uint64_t n)
{
	void *p = table_at(c, row);

	if (c->type == COLUMN_BOOL)
		*(bool *)p = n != 0;
	else if (c->type == COLUMN_UINT || c->type == COLUMN_CHOICE)
		*(unsigned *)p = (unsigned)n;
	else
		*(uint64_t *)p = n;
}

static void table_set_text(char **p, const char *value)
{
	char *copy = xstrdup(value);

	free(*p);
	*p = copy;
}

/* The index of a word among those that end with NULL. */
static int table_parse_word(const char *const *words, const char *value, uint64_t *index)
{
	for (*index = 0; words[*index]; ++*index)
		if (!strcmp(words[*index], value))
			return 0;
	return -1;
}

static int table_parse_number(const struct column *c, const char *value, uint64_t *n)
{
	int r;

	if (c->type == COLUMN_BOOL || c->type == COLUMN_CHOICE)
		return table_parse_word(c->type == COLUMN_BOOL ? no_yes : c->choices, value, n);
	*n = 0;
	if (c->zero && !strcmp(value, c->zero))
		return 0;
	if (c->type == COLUMN_SIZE)
		r = size_parse(value, n, NULL);
	else if (c->type == COLUMN_DURATION)
		r = duration_parse(value, n, NULL);
	else
		r = number_parse(value, 0, c->type == COLUMN_UINT ? UINT32_MAX : INT64_MAX, n, NULL);
	return r < 0 || (c->max && (*n < c->min || *n > c->max)) ? -1 : 0;
}

int column_parse(const struct column *c, void *row, const char *value, struct err *e)
{
	struct strv *list = table_list(c, row);
	uint64_t n;

	if (c->type == COLUMN_WORDS) {
		strv_split(list, value, " \t");
	} else if (c->type == COLUMN_TEXT || list) {
		if (list && !*value)
			return 0;
		if ((c->choices && table_parse_word(c->choices, value, &n) < 0) || (c->check && c->check(value, e) < 0))
			return -1;
		if (list)
			strv_add(list, value);
		else
			table_set_text(table_text(c, row), value);
	} else {
		if (table_parse_number(c, value, &n) < 0)
			return -1;
		table_set_number(c, row, n);
	}
	return 0;
}

static const char *table_number_text(const struct column *c, uint64_t n, char text[SIZE_TEXT])
{
	if (c->type == COLUMN_SIZE)
		return size_format(n, text);
	if (c->type == COLUMN_DURATION)
		return duration_format(n, text);
	snprintf(text, SIZE_TEXT, "%" PRIu64, n);
	return text;
}

void column_format(const struct column *c, const void *row, struct strv *out)
{
	const struct strv *list = table_list(c, row);
	char text[SIZE_TEXT];
	uint64_t n;

	for (size_t i = 0; list && i < list->len; i++)
		strv_add(out, list->items[i]);
	if (list)
		return;
	if (c->type == COLUMN_TEXT) {
		strv_add(out, *table_text(c, row));
		return;
	}
	n = table_number(c, row);
	if (c->type == COLUMN_BOOL || c->type == COLUMN_CHOICE)
		strv_add(out, (c->type == COLUMN_BOOL ? no_yes : c->choices)[n]);
	else if (c->zero && !n)
		strv_add(out, c->zero);
	else
		strv_add(out, table_number_text(c, n, text));
}

void column_reset(const struct column *c, void *row)
{
	struct strv *list = table_list(c, row);

	if (c->type == COLUMN_TEXT) { /* not checked: "" may be a default that cannot be written */
		table_set_text(table_text(c, row), c->initial ? c->initial : "");
		return;
	}
	if (list)
		strv_fini(list);
	else
		table_set_number(c, row, 0);
	if (c->initial)
		(void)column_parse(c, row, c->initial, NULL);
}

bool column_equal(const struct column *c, const void *a, const void *b)
{
	if (c->type == COLUMN_TEXT)
		return !strcmp(*table_text(c, a), *table_text(c, b));
	if (table_list(c, a))
		return strv_equal(table_list(c, a), table_list(c, b));
	return table_number(c, a) == table_number(c, b);
}

char *column_allowed(const struct column *c)
{
	static const char *const kinds[] = {
		[COLUMN_TEXT] = "a text",
		[COLUMN_BOOL] = "yes or no",
		[COLUMN_UINT] = "a whole number",
		[COLUMN_NUMBER] = "a whole number",
		[COLUMN_SIZE] = "a size with K, M, G or T",
		[COLUMN_DURATION] = "a duration in s or m",
		[COLUMN_LIST] = "the key repeated, one item a line",
		[COLUMN_WORDS] = "words with blanks between",
	};
	char low[SIZE_TEXT], high[SIZE_TEXT];
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; c->choices && c->choices[i]; i++)
		buf_addf(&b, "%s%s", !i ? "" : c->choices[i + 1] ? ", " : " or ", c->choices[i]);
	if (c->choices)
		return buf_steal(&b);
	if (c->zero)
		buf_addf(&b, "%s or ", c->zero);
	if (c->type == COLUMN_UINT && c->max && c->min == c->max)
		buf_adds(&b, table_number_text(c, c->min, low));
	else
		buf_adds(&b, kinds[c->type]);
	if (c->type != COLUMN_TEXT && c->max > c->min)
		buf_addf(&b, " from %s to %s", table_number_text(c, c->min, low), table_number_text(c, c->max, high));
	return buf_steal(&b);
}

void column_fini(const struct column *c, void *row)
{
	if (table_list(c, row))
		strv_fini(table_list(c, row));
	else if (c->type == COLUMN_TEXT)
		free(mem_take(table_text(c, row)));
}

const struct column *table_find(const struct column *table, const char *key)
{
	for (; table->key; table++)
		if (!strcmp(table->key, key))
			return table;
	return NULL;
}

void table_reset(const struct column *table, void *row)
{
	for (; table->key; table++)
		column_reset(table, row);
}

void table_fini(const struct column *table, void *row)
{
	for (; table->key; table++)
		column_fini(table, row);
}

const char *table_missing(const struct column *table, const void *row)
{
	for (; table->key; table++) {
		const struct strv *list = table_list(table, row);

		if (table->required && (list			     ? !list->len
					: table->type == COLUMN_TEXT ? !**table_text(table, row)
								     : !table_number(table, row)))
			return table->key;
	}
	return NULL;
}

/* A new reference; NULL if a text is not valid UTF-8. */
static json_t *table_json(const struct column *c, const void *row)
{
	const struct strv *list = table_list(c, row);
	json_t *array;
	int r = 0;

	if (c->type == COLUMN_TEXT)
		return json_string(*table_text(c, row) ? *table_text(c, row) : "");
	if (c->type == COLUMN_BOOL)
		return json_boolean(table_number(c, row));
	if (c->type == COLUMN_CHOICE)
		return json_string(c->choices[table_number(c, row)]);
	if (!list)
		return json_integer((json_int_t)table_number(c, row));
	array = json_array();
	for (size_t i = 0; i < list->len; i++)
		r |= json_array_append_new(array, json_string(list->items[i]));
	if (!r)
		return array;
	json_decref(array);
	return NULL;
}

int table_to_json(const struct column *table, const void *row, json_t *object)
{
	int r = 0;

	for (; table->key; table++)
		r |= json_object_set_new(object, table->key, table_json(table, row));
	return r;
}

void table_from_json(const struct column *table, void *row, const json_t *object)
{
	for (; table->key; table++) {
		const json_t *v = json_object_get(object, table->key);
		struct strv *list = table_list(table, row);
		bool word = table->type == COLUMN_TEXT || table->type == COLUMN_CHOICE;

		column_reset(table, row);
		for (size_t i = 0; list && i < json_array_size(v); i++)
			strv_add(list,
				 json_is_string(json_array_get(v, i)) ? json_string_value(json_array_get(v, i)) : "");
		if (word && json_is_string(v))
			(void)column_parse(table, row, json_string_value(v), NULL);
		else if (table->type == COLUMN_BOOL ? json_is_boolean(v) : !word && !list && json_is_integer(v))
			table_set_number(table, row,
					 json_is_boolean(v) ? json_is_true(v) : (uint64_t)json_integer_value(v));
	}
}
