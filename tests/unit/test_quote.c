/* SPDX-License-Identifier: MIT */
/* Words for a shell: what each arrives as, and a real shell's view of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/check.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/strv.h"
#include "host/proc.h"

static void check_line(const char *wanted, char *const *words)
{
	char *line = quote_command(words);

	assert_string_equal(line, wanted);
	free(line);
}

static void test_command(void **state)
{
	(void)state;
	check_line("", NULL);
	check_line("ls | wc -l", (char *[]){"ls | wc -l", NULL});
	check_line("test 'two words' = 'two words'", (char *[]){"test", "two words", "=", "two words", NULL});
	check_line("'' ''", (char *[]){"", "", NULL});
	check_line("'FOO=1' env", (char *[]){"FOO=1", "env", NULL});
	check_line("echo FOO=1 '~' '*' '$HOME' 'a;b' 'it'\\''s' '#'",
		   (char *[]){"echo", "FOO=1", "~", "*", "$HOME", "a;b", "it's", "#", NULL});
	check_line("printf '%s\\n' 'a\nb' '!'", (char *[]){"printf", "%s\\n", "a\nb", "!", NULL});
}

/* Every byte that an argument can hold arrives through a real shell. */
static void test_through_a_shell(void **state)
{
	char all[256], *line;
	struct err e = ERR_INIT;
	struct buf out;
	size_t n = 0;

	(void)state;
	for (int c = 1; c < 256; c++)
		all[n++] = (char)c;
	all[n] = '\0';
	line = quote_command((char *[]){"printf", "%s", all, "", NULL});
	assert_int_equal(proc_run((char *[]){"sh", "-c", line, NULL}, 4096, &out, &e), 0);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.data, all, n);
	buf_fini(&out);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_through_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
