/* SPDX-License-Identifier: MIT */
/* build/outside: versions of compilers, and what a machine reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "build/outside.h"
#include "spec/spec.h"

static void versions(void **state)
{
	static const struct {
		const char *gcc, *major, *version;
	} good[] = {
		{"4:12.2.0-3", "12", "12.2.0"},
		{"4:14.2.0-1+deb13u1", "14", "14.2.0"},
		{"10.2.1-6", "10", "10.2.1"},
		{"15.1.0", "15", "15.1.0"},
	};
	static const char *const bad[] = {"", "4:", "12", "x12.2", "4:-1"};
	struct outside_compiler c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(outside_compiler("arm-linux-gnueabihf", good[i].gcc, &c));
		assert_string_equal(c.major, good[i].major);
		assert_string_equal(c.version, good[i].version);
		outside_compiler_fini(&c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(outside_compiler("arm-linux-gnueabihf", bad[i], &c));
		outside_compiler_fini(&c);
	}
	assert_false(outside_compiler("", "4:12.2.0-3", &c));
}

static void names(void **state)
{
	struct outside_compiler c;
	char *name;

	(void)state;
	assert_true(outside_compiler("x86_64-linux-gnu", "4:12.2.0-3", &c));
	name = outside_name(&c, "g++");
	assert_string_equal(name, "x86_64-linux-gnu-g++-12");
	free(name);
	outside_compiler_fini(&c);
}

static void counts(void **state)
{
	struct outside_counts c;

	(void)state;
	outside_read_counts(
		"silence make\noutside 12\ninside 3 failed outside\ninside 1 a\033[31mb\ninside x\ninside 4\n"
		"outside 99999999999\noutsider 5\n",
		&c);
	assert_int_equal(c.outside, 12);
	assert_int_equal(c.inside, 8);
	assert_int_equal(c.reasons.len, 3);
	assert_string_equal(c.reasons.items[0], "3: failed outside");
	assert_string_equal(c.reasons.items[1], "1: ab");
	assert_string_equal(c.reasons.items[2], "4: ");
	outside_counts_fini(&c);
	outside_read_counts("", &c);
	assert_int_equal(c.outside + c.inside, 0);
	outside_counts_fini(&c);
}

static void hosts(void **state)
{
	static const struct {
		const char *item, *host;
		unsigned port, jobs;
	} good[] = {
		{"builder", "builder", 3632, 4},     {"b_1.example.org:4000/16", "b_1.example.org", 4000, 16},
		{"10.1.2.3/1", "10.1.2.3", 3632, 1}, {"[fd00::1]:1", "[fd00::1]", 1, 4},
		{"[::1]", "[::1]", 3632, 4},
	};
	static const char *const bad[] = {"",	   ":1",   "-o", "a b",	   "a:0", "a:65536", "a/0", "a/",   "a/513",
					  "a:1:2", "[::1", "[]", "[::1]x", "::1", "a;b",     "a,b", "a:/4", "[x]"};
	struct spec_distcc_host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(spec_distcc_host_parse(good[i].item, &h, NULL), 0);
		assert_string_equal(h.host, good[i].host);
		assert_int_equal(h.port, good[i].port);
		assert_int_equal(h.jobs, good[i].jobs);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (spec_distcc_host_parse(bad[i], &h, NULL) == 0)
			fail_msg("%s is accepted", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(names),
		cmocka_unit_test(counts),
		cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
