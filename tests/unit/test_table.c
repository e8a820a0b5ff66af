/* SPDX-License-Identifier: MIT */
/* table: each type of column from text, to text and through JSON; limits, defaults and required columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/table.h"

enum colour { RED, GREEN };

struct thing {
	char *name;
	bool on;
	unsigned count;
	int64_t pid;
	uint64_t size;
	uint64_t time;
	enum colour colour;
	struct strv items;
	struct strv words;
};

static int check_name(const char *value, struct err *e)
{
	return strchr(value, ' ') ? err_set(e, ERR_USAGE, "value-bad", "holds a blank") : 0;
}

#define AT(member) .offset = offsetof(struct thing, member)

static const char *const colours[] = {"red", "green", NULL};
static const struct column things[] = {
	{"name", COLUMN_TEXT, AT(name), .check = check_name, .required = true},
	{"on", COLUMN_BOOL, AT(on), "yes"},
	{"count", COLUMN_UINT, AT(count), "auto", .zero = "auto", .min = 1, .max = 8},
	{"pid", COLUMN_NUMBER, AT(pid)},
	{"size", COLUMN_SIZE, AT(size), "1G", .min = 1 << 20, .max = 1ULL << 40},
	{"time", COLUMN_DURATION, AT(time), "90s", .min = 1000, .max = 600000},
	{"colour", COLUMN_CHOICE, AT(colour), "green", .choices = colours},
	{"items", COLUMN_LIST, AT(items), .required = true},
	{"words", COLUMN_WORDS, AT(words)},
	{.key = NULL},
};

static char *format(const struct thing *t, const char *key)
{
	AUTO_STRV struct strv out = STRV_INIT;

	column_format(table_find(things, key), t, &out);
	return strv_join(&out, "|");
}

static void from_text(void **state)
{
	static const struct {
		const char *key, *value, *want; /* NULL: refused, and the default stays */
	} cases[] = {
		{"name", "a", "a"},	  {"name", "a b", NULL},    {"on", "no", "no"},
		{"on", "maybe", NULL},	  {"count", "8", "8"},	    {"count", "auto", "auto"},
		{"count", "0", NULL},	  {"count", "9", NULL},	    {"pid", "4294967296", "4294967296"},
		{"pid", "-1", NULL},	  {"size", "512M", "512M"}, {"size", "512K", NULL},
		{"size", "2T", NULL},	  {"time", "5m", "5m"},	    {"time", "11m", NULL},
		{"colour", "red", "red"}, {"colour", "blue", NULL}, {"items", "a b", "a b"},
		{"items", "", ""},	  {"words", "a b", "a|b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct column *c = table_find(things, cases[i].key);
		AUTO_FREE char *initial = NULL, *got = NULL;
		struct thing t = {.name = NULL};
		int r;

		table_reset(things, &t);
		initial = format(&t, cases[i].key);
		r = column_parse(c, &t, cases[i].value, NULL);
		got = format(&t, cases[i].key);
		if (!r != !!cases[i].want || strcmp(got, cases[i].want ? cases[i].want : initial) != 0)
			fail_msg("%s = %s: %d, %s", cases[i].key, cases[i].value, r, got);
		table_fini(things, &t);
	}
	assert_null(table_find(things, "colours"));
}

static void allowed(void **state)
{
	static const char *const want[] = {
		"a text",
		"yes or no",
		"auto or a whole number from 1 to 8",
		"a whole number",
		"a size with K, M, G or T from 1M to 1T",
		"a duration in s or m from 1s to 10m",
		"red or green",
		"the key repeated, one item a line",
		"words with blanks between",
	};

	(void)state;
	for (size_t i = 0; things[i].key; i++) {
		AUTO_FREE char *got = column_allowed(&things[i]);

		assert_string_equal(got, want[i]);
	}
}

static void required(void **state)
{
	struct thing t = {.name = NULL};

	(void)state;
	table_reset(things, &t);
	assert_string_equal(table_missing(things, &t), "name");
	assert_int_equal(column_parse(&things[0], &t, "a", NULL), 0);
	assert_string_equal(table_missing(things, &t), "items");
	strv_add(&t.items, "x");
	assert_null(table_missing(things, &t));
	table_fini(things, &t);
	assert_null(t.name);
}

/* What was written is read back as it was. */
static void json_round_trip(void **state)
{
	struct thing t = {.on = true, .count = 3, .pid = 1LL << 40, .size = 12345, .time = 7, .colour = GREEN};
	AUTO_FREE char *line = NULL;
	struct thing back;
	json_t *o = json_object();

	(void)state;
	strv_add(&t.items, "");
	strv_add(&t.items, "b");
	assert_int_equal(table_to_json(things, &t, o), 0); /* the name is NULL: "" */
	line = json_line(o);
	assert_string_equal(line, "{\"colour\":\"green\",\"count\":3,\"items\":[\"\",\"b\"],\"name\":\"\",\"on\":true,"
				  "\"pid\":1099511627776,\"size\":12345,\"time\":7,\"words\":[]}");
	back = (struct thing){.name = NULL};
	table_from_json(things, &back, o);
	assert_string_equal(back.name, "");
	t.name = xstrdup("");
	for (size_t i = 0; things[i].key; i++)
		assert_true(column_equal(&things[i], &t, &back));
	back.colour = RED;
	back.count++;
	strv_add(&back.items, "c");
	assert_int_equal(column_parse(table_find(things, "name"), &back, "other", NULL), 0);
	for (size_t i = 0; things[i].key; i++) {
		bool changed = strstr("colour count items name", things[i].key) != NULL;

		assert_int_equal(column_equal(&things[i], &t, &back), !changed);
	}
	table_fini(things, &back);
	table_fini(things, &t);
	json_decref(o);
}

/* Members that are absent, of another type or unknown give the default; a text that is not UTF-8 fails. */
static void json_odd(void **state)
{
	static const char text[] =
		"{\"name\": 1, \"on\": \"no\", \"count\": \"2\", \"colour\": \"blue\", \"items\": [1]}";
	json_t *o = json_parse(text, sizeof(text) - 1, "text", NULL);
	struct thing t = {.name = NULL};

	(void)state;
	assert_non_null(o);
	table_from_json(things, &t, o);
	assert_string_equal(t.name, "");
	assert_true(t.on);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.colour, GREEN);
	assert_true(t.size == 1ULL << 30);
	assert_int_equal(t.items.len, 1);
	assert_string_equal(t.items.items[0], "");
	strv_add(&t.items, "\xff");
	assert_int_equal(table_to_json(things, &t, o), -1);
	table_fini(things, &t);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_text),	   cmocka_unit_test(allowed),  cmocka_unit_test(required),
		cmocka_unit_test(json_round_trip), cmocka_unit_test(json_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
