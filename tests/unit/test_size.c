/* SPDX-License-Identifier: MIT */
/* base/size: sizes, durations and numbers, both ways. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/size.h"

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0K", 0},
		{"1K", 1024},
		{"1536M", 1536ULL << 20},
		{"128G", 128ULL << 30},
		{"16T", 16ULL << 40},
		{"18014398509481983K", UINT64_MAX - 1023},
	};
	static const char *const bad[] = {"",
					  "K",
					  "1",
					  "1024",
					  "1k",
					  "1 G",
					  " 1G",
					  "1G ",
					  "-1G",
					  "+1G",
					  "1.5G",
					  "0x1G",
					  "1GB",
					  "1P",
					  "18014398509481984K",
					  "99999999999999999999G"};
	char text[SIZE_TEXT];
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(size_parse(good[i].text, &n, NULL), 0);
		assert_true(n == good[i].bytes);
		assert_string_equal(size_format(n, text), good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		n = 42;
		assert_int_equal(size_parse(bad[i], &n, &e), -1);
		assert_int_equal(n, 42);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.id, "size-bad");
		assert_non_null(strstr(e.text, bad[i]));
		err_fini(&e);
	}
	assert_int_equal(size_parse("2048M", &n, NULL), 0);
	assert_string_equal(size_format(n, text), "2G"); /* shortest */
}

static void sizes_for_people(void **state)
{
	char text[SIZE_TEXT];

	(void)state;
	assert_string_equal(size_human(0, text), "0 B");
	assert_string_equal(size_human(1023, text), "1023 B");
	assert_string_equal(size_human(1024, text), "1.0 K");
	assert_string_equal(size_human(151100000, text), "144.1 M");
	assert_string_equal(size_human(3ULL << 30, text), "3.0 G");
	assert_string_equal(size_human((1ULL << 20) - 1, text), "1.0 M"); /* never "1024.0 K" */
	assert_string_equal(size_human(2000ULL << 40, text), "2000.0 T");
}

static void durations(void **state)
{
	static const char *const bad[] = {"", "1", "s", "1h", "1 s", "-1s", "1sm", "99999999999999999s"};
	char text[SIZE_TEXT];
	uint64_t n;

	(void)state;
	assert_int_equal(duration_parse("90s", &n, NULL), 0);
	assert_true(n == 90000);
	assert_string_equal(duration_format(n, text), "90s");
	assert_int_equal(duration_parse("300s", &n, NULL), 0);
	assert_string_equal(duration_format(n, text), "5m");
	assert_int_equal(duration_parse("0s", &n, NULL), 0);
	assert_string_equal(duration_format(n, text), "0s");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(duration_parse(bad[i], &n, NULL), -1);
	assert_string_equal(duration_human(640, text), "0.6 s");
	assert_string_equal(duration_human(9949, text), "9.9 s");
	assert_string_equal(duration_human(9950, text), "10 s");
	assert_string_equal(duration_human(80000, text), "1 min 20 s");
	assert_string_equal(duration_human(3600000 * 3 + 60000 * 5, text), "3 h 5 min");
}

static void numbers(void **state)
{
	static const char *const bad[] = {"", "a", "-1", "+1", " 1", "1 ", "1.0", "0", "9", "18446744073709551616"};
	uint64_t n;

	(void)state;
	assert_int_equal(number_parse("8", 1, 8, &n, NULL), 0);
	assert_true(n == 8);
	assert_int_equal(number_parse("007", 1, 8, &n, NULL), 0);
	assert_true(n == 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(number_parse(bad[i], 1, 8, &n, NULL), -1);
	assert_true(n == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(sizes_for_people),
		cmocka_unit_test(durations),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
