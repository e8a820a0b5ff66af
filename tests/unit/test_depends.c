/* SPDX-License-Identifier: MIT */
/* build/depends: build dependencies for an architecture and profiles, with the examples of Policy 7.1 and 11.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "build/depends.h"

static void check(const char *text, const char *profiles, const char *want)
{
	struct strv set = STRV_INIT, out = STRV_INIT;
	struct err e = ERR_INIT;
	char *got;

	strv_split(&set, profiles, " ");
	if (depends_parse(text, "armhf", &set, &out, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	got = strv_join(&out, "|");
	assert_string_equal(got, want);
	free(got);
	strv_fini(&out);
	strv_fini(&set);
}

static void groups(void **state)
{
	(void)state;
	check("", "", "");
	check("debhelper-compat (= 13)", "", "debhelper-compat (= 13)");
	check("a (>=1.2-3~), b(<< 2)\n , c:any (>>  1:0) ,", "", "a (>= 1.2-3~)|b (<< 2)|c (>> 1:0)");
	check("python3:any | python, libc6-dev | libc-dev (>= 2)", "", "python3|libc6-dev");
	check(" g++-12 ,\r\n\tlibfoo+bar.1-dev", "", "g++-12|libfoo+bar.1-dev");
}

static void architectures(void **state)
{
	(void)state;
	check("a [armhf], b [!armhf], c [i386 amd64], d [!i386 !amd64]", "", "a|d");
	check("a [linux-any], b [any], c [any-armhf], d [kfreebsd-any], e [any-arm64]", "", "a|b|c");
	check("a [!linux-any] | b (= 1) [armhf] | c", "", "b (= 1)");
	check("a [i386] | b [amd64]", "", "");
}

static void profiles(void **state)
{
	(void)state;
	check("a <!nocheck>, b <cross>, c <!nodoc !stage1>", "", "a|c");
	check("a <!nocheck>, b <cross>, c <!nodoc !stage1>", "nocheck stage1", "");
	check("a <cross> <stage1>, b (>= 2) [armhf] <stage1 !cross>", "stage1", "a|b (>= 2)");
	check("a <!nocheck> | b", "nocheck", "b");
}

static void bad(void **state)
{
	static const char *const texts[] = {"a b",    "a (1)",	    "a (>= )", "a (>= 1",	    "a [armhf", "a <x",
					    "(>= 1)", "a (>= 1 2)", "a | | b", "${shlibs:Depends}", "a (>=> 1)"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct strv set = STRV_INIT, out = STRV_INIT;
		struct err e = ERR_INIT;

		if (depends_parse(texts[i], "armhf", &set, &out, &e) == 0)
			fail_msg("%s was accepted", texts[i]);
		assert_string_equal(e.id, "dependency-bad");
		err_fini(&e);
		strv_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(architectures),
		cmocka_unit_test(profiles),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
