/* SPDX-License-Identifier: MIT */
/* What a misspelt word may have meant. */
#include <stdlib.h>
#include <string.h>

#include "../lib/check.h"

#include "base/suggest.h"

static const char *best(const char *word)
{
	static const char *const known[] = {"list", "logs", "status", "stop", "up", "snapshot", "x"};
	struct suggest s;

	suggest_begin(&s, word);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		suggest_offer(&s, known[i]);
	return s.best ? s.best : "nothing";
}

static void test_best(void **state)
{
	static const char *const rows[][2] = {
		{"lsit", "list"},     {"lst", "list"},		{"log", "logs"},  {"statsu", "status"},
		{"snap", "snapshot"}, {"snapshto", "snapshot"}, {"upp", "up"},	  {"u", "nothing"},
		{"", "nothing"},      {"zzz", "nothing"},	{"y", "nothing"}, {"halt", "nothing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(best(rows[i][0]), rows[i][1]);
}

static void test_distance(void **state)
{
	char longest[SUGGEST_MAX + 2];

	(void)state;
	assert_int_equal(suggest_distance("kitten", "sitting", 3), 3);
	assert_int_equal(suggest_distance("kitten", "sitting", 2), SUGGEST_FAR);
	assert_int_equal(suggest_distance("lsit", "list", 2), 1);
	assert_int_equal(suggest_distance("abcd", "badc", 3), 2);
	assert_int_equal(suggest_distance("", "ab", 2), 2);
	assert_int_equal(suggest_distance("ab", "", 2), 2);
	assert_int_equal(suggest_distance("same", "same", 0), 0);
	memset(longest, 'a', SUGGEST_MAX + 1);
	longest[SUGGEST_MAX + 1] = '\0';
	assert_int_equal(suggest_distance(longest, longest, 3), SUGGEST_FAR);
	longest[SUGGEST_MAX] = '\0';
	assert_int_equal(suggest_distance(longest, longest, 3), 0);
}

static void test_list(void **state)
{
	static const char *const names[] = {"hello", "hello", "helo", "hells", "other", "hallo", "hellish-one"};
	static const char *const rows[][2] = {
		{"hell", "hello, hells or helo"},
		{"hellish", "hells or hellish-one"},
		{"zzzzzz", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct suggest_list l;
		char *text;

		suggest_list_begin(&l, rows[i][0]);
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			suggest_list_offer(&l, names[k]);
		text = suggest_list_text(&l);
		assert_string_equal(text, rows[i][1]);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
