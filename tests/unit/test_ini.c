/* SPDX-License-Identifier: MIT */
/* base/ini: what is read, what is refused by name, and a document that keeps its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/strv.h"

/* Every entry as "LINE section.key=[value]\n". */
static int note(const char *section, const char *key, const char *value, unsigned line, void *arg, struct err *e)
{
	(void)e;
	buf_addf(arg, "%u %s.%s=[%s]\n", line, section, key, value);
	return 0;
}

static void check_read(const char *text, const char *want)
{
	struct err e = ERR_INIT;
	struct buf got;

	buf_init(&got, 0);
	if (ini_read("f.ini", text, strlen(text), note, &got, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(got.data, want);
	buf_fini(&got);
}

static void check_refused_n(const char *text, size_t n, const char *want)
{
	struct err e = ERR_INIT;
	struct buf got;

	buf_init(&got, 0);
	assert_int_equal(ini_read("f.ini", text, n, note, &got, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.text, want))
		fail_msg("\"%s\" is not in \"%s\"", want, e.text);
	buf_fini(&got);
	err_fini(&e);
}

static void check_refused(const char *text, const char *want)
{
	check_refused_n(text, strlen(text), want);
}

static void reads(void **state)
{
	(void)state;
	check_read("", "");
	check_read("[a]\nk = v\n", "2 a.k=[v]\n");
	check_read("[a]\nk=v", "2 a.k=[v]\n"); /* no newline at the end */
	check_read("; c\n\n# d\n  ; e\n[a] ; f\nk =\t v w \t\n", "6 a.k=[v w]\n");
	check_read("[a]\nk = 1\n[b]\nk = 2\n[a]\nj = 3\n", "2 a.k=[1]\n4 b.k=[2]\n6 a.j=[3]\n");
	/* Inline comments begin at a ; behind a blank, and only there. */
	check_read("[a]\nk = v ; c\nl = v;w\nm = ; c\nn =;x\no = v\t;c ; d\n",
		   "2 a.k=[v]\n3 a.l=[v;w]\n4 a.m=[]\n5 a.n=[;x]\n6 a.o=[v]\n");
	check_read("[a]\nk = [b]\nl = x=y:z\nm = # n\n", "2 a.k=[[b]]\n3 a.l=[x=y:z]\n4 a.m=[# n]\n");
	check_read("[a]\nk = \xc3\xa4\xff\n", "2 a.k=[\xc3\xa4\xff]\n");
}

/* What Windows' editors write: a byte order mark first, and CR before each LF. */
static void other_systems(void **state)
{
	(void)state;
	check_read("[a]\r\nk = v\r\n", "2 a.k=[v]\n");
	check_read("[a]\r\nk = v ; c\r\n\r\nl = w\r", "2 a.k=[v]\n4 a.l=[w]\n");
	check_read("[a]\nk = v\r\nl = w\n", "2 a.k=[v]\n3 a.l=[w]\n");
	check_read("\xef\xbb\xbf[a]\nk = v\n", "2 a.k=[v]\n");
	check_read("\xef\xbb\xbf", "");
}

/* They stay: what is written has them as well. */
static void keeps_other_systems(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"\xef\xbb\xbf[a]\r\nk = 1 ; c\r\n", "\xef\xbb\xbf[a]\r\nk = 2 ; c\r\nn = 3\r\n"},
		{"\xef\xbb\xbf[a]\nk = 1\n", "\xef\xbb\xbf[a]\nk = 2\nn = 3\n"},
		{"[a]\r\nk = 1", "[a]\r\nk = 2\r\nn = 3"},
		{"[a]\nk = 1\r\n", "[a]\nk = 2\r\nn = 3\n"},
		{"[a]\nk = 1\r", "[a]\nk = 2\r\nn = 3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ini_doc *d = ini_doc_parse("f", rows[i].text, strlen(rows[i].text), NULL);
		char *text;

		assert_non_null(d);
		text = ini_doc_text(d);
		assert_string_equal(text, rows[i].text);
		free(text);
		assert_int_equal(ini_doc_set(d, "a", "k", (const char *const[]){"2"}, 1, NULL), 0);
		assert_int_equal(ini_doc_set(d, "a", "n", (const char *const[]){"3"}, 1, NULL), 0);
		text = ini_doc_text(d);
		assert_string_equal(text, rows[i].want);
		free(text);
		ini_doc_free(d);
	}
}

static void refuses_by_line(void **state)
{
	(void)state;
	check_refused("[a]\nk = v\rw\n", "f.ini:2: a carriage return");
	check_refused("[a]\r\r\n", "f.ini:1: a carriage return");
	check_refused("[a]\n\xef\xbb\xbfk = v\n", "f.ini:2: neither");
	check_refused_n("[a]\nk\0= v\n", 9, "f.ini:2: a NUL byte");
	check_refused("[a]\nk = \x1b[2J\n", "f.ini:2: a control character (0x1b)");
	check_refused("k = v\n", "f.ini:1: a key before the first [section]");
	check_refused("[a]\nk = v\n w = x\n", "f.ini:3: a blank before");
	check_refused("[a]\n [b]\n", "f.ini:2: a blank before");
	check_refused("[a]\nk: v\n", "f.ini:2: neither");
	check_refused("[a]\nk:l = v\n", "f.ini:2: neither");
	check_refused("[a]\n= v\n", "f.ini:2: neither");
	check_refused("[a]\nword\n", "f.ini:2: neither");
	check_refused("[a] b\n", "f.ini:1: text behind");
	check_refused("[a];b\n", "f.ini:1: text behind");
	check_refused("[]\n", "f.ini:1: not a section");
	check_refused("[a ; b]\n", "f.ini:1: not a section");
	check_refused("[a\n", "f.ini:1: not a section");
}

/* Text of one key whose line has `n` bytes. */
static char *line_of(size_t n)
{
	char *text = xmalloc(n + 6);

	memcpy(text, "[a]\nk = ", 8);
	memset(text + 8, 'x', n - 4);
	memcpy(text + 4 + n, "\n", 2);
	return text;
}

static void lengths(void **state)
{
	static const size_t bad[] = {191, 199, 200, 201, 1023, 1024, 1025, 70000};
	char name[80];
	struct buf got;
	char *text;

	(void)state;
	text = line_of(190);
	buf_init(&got, 0);
	assert_int_equal(ini_read("f", text, strlen(text), note, &got, NULL), 0);
	assert_int_equal(got.len, strlen("2 a.k=[]\n") + 186);
	buf_fini(&got);
	free(text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char want[64];

		text = line_of(bad[i]);
		snprintf(want, sizeof(want), "f.ini:2: the line has %zu bytes", bad[i]);
		check_refused(text, want);
		free(text);
	}
	/* inih would cut names at 49 bytes without a word. */
	snprintf(name, sizeof(name), "[%049d]\nk = v\n", 0);
	assert_int_equal(ini_read("f", name, strlen(name), note, &got, NULL), 0);
	buf_fini(&got);
	snprintf(name, sizeof(name), "[%050d]\n", 0);
	check_refused(name, "f.ini:1: the section's name is too long");
	snprintf(name, sizeof(name), "[a]\n%050d = v\n", 0);
	check_refused(name, "f.ini:2: the key is too long");
}

static void big_files(void **state)
{
	struct buf b;
	struct buf got;
	struct err e = ERR_INIT;
	size_t n = 0;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 1000000; i++)
		buf_addc(&b, '\n');
	buf_adds(&b, "[a]\nk = v\n");
	buf_init(&got, 0);
	assert_int_equal(ini_read("f", b.data, b.len, note, &got, NULL), 0);
	assert_string_equal(got.data, "1000002 a.k=[v]\n");
	buf_fini(&got);
	buf_clear(&b);
	for (int i = 0; i < 1000000; i++)
		buf_adds(&b, "k=\n");
	check_refused_n(b.data, b.len, "f.ini: over 1 MiB");
	/* All bad lines are counted, the first ones shown. */
	buf_clear(&b);
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "x\n");
	assert_int_equal(ini_read("f", b.data, b.len, note, &got, &e), -1);
	for (const char *p = e.text; (p = strchr(p, '\n')); p++)
		n++;
	assert_int_equal(n, INI_FAULTS_MAX);
	assert_non_null(strstr(e.text, "f:20: "));
	assert_null(strstr(e.text, "f:21: "));
	assert_non_null(strstr(e.text, "and 980 more lines"));
	err_fini(&e);
	buf_fini(&b);
}

static int stop_at_two(const char *section, const char *key, const char *value, unsigned line, void *arg, struct err *e)
{
	(void)section;
	(void)key;
	(void)value;
	++*(int *)arg;
	return line == 3 ? err_set(e, ERR_FAILED, "stop", "enough") : 0;
}

static void stops(void **state)
{
	const char text[] = "[a]\nk = 1\nl = 2\nm = 3\nbad\n";
	struct err e = ERR_INIT;
	int calls = 0;

	(void)state;
	assert_int_equal(ini_read("f", text, strlen(text), stop_at_two, &calls, &e), -1);
	assert_int_equal(calls, 2);
	assert_string_equal(e.text, "enough");
	err_fini(&e);
}

/* Random bytes are refused or read, never a crash; a good line among them is found. */
static void random_bytes(void **state)
{
	uint32_t seed = 1;
	char text[400];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		static const char letters[] = "ab[]=;:# \t\n\n\n\r\xef\xbb\xbf\x01.k";
		size_t n;
		struct buf got;
		struct ini_doc *d;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % sizeof(text);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		buf_init(&got, 0);
		d = ini_doc_parse("f", text, n, NULL);
		assert_int_equal(d ? 0 : -1, ini_read("f", text, n, note, &got, NULL));
		if (d) {
			char *same = ini_doc_text(d);

			assert_int_equal(strlen(same), n);
			assert_memory_equal(same, text, n);
			free(same);
		}
		ini_doc_free(d);
		buf_fini(&got);
	}
}

#define SET(d, s, k, ...)                                                                                              \
	ini_doc_set(d, s, k, (const char *const[]){__VA_ARGS__},                                                       \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), NULL)

static void check_doc(const struct ini_doc *d, const char *want)
{
	char *text = ini_doc_text(d);

	assert_string_equal(text, want);
	free(text);
}

static struct ini_doc *doc(const char *text)
{
	struct err e = ERR_INIT;
	struct ini_doc *d = ini_doc_parse("f", text, strlen(text), &e);

	if (!d)
		fail_msg("%s", e.text);
	return d;
}

static void doc_keeps(void **state)
{
	const char text[] = "; top\n\n[a]\n bad\n";
	struct ini_doc *d;

	(void)state;
	assert_null(ini_doc_parse("f", text, strlen(text), NULL));
	d = doc("; top\n[a]  ; of a\nk=1   ; why\nodd\t= x\n\n#end");
	check_doc(d, "; top\n[a]  ; of a\nk=1   ; why\nodd\t= x\n\n#end");
	assert_int_equal(SET(d, "a", "k", "1"), 0); /* the same value: the line as it was */
	check_doc(d, "; top\n[a]  ; of a\nk=1   ; why\nodd\t= x\n\n#end");
	assert_int_equal(SET(d, "a", "k", "2"), 0);
	check_doc(d, "; top\n[a]  ; of a\nk = 2   ; why\nodd\t= x\n\n#end");
	assert_int_equal(SET(d, "a", "new", "n"), 0);
	assert_int_equal(SET(d, "b", "l", "m"), 0);
	check_doc(d, "; top\n[a]  ; of a\nk = 2   ; why\nodd\t= x\nnew = n\n\n#end\n\n[b]\nl = m");
	assert_int_equal(ini_doc_set(d, "a", "odd", NULL, 0, NULL), 0);
	check_doc(d, "; top\n[a]  ; of a\nk = 2   ; why\nnew = n\n\n#end\n\n[b]\nl = m");
	ini_doc_free(d);
	d = ini_doc_new();
	assert_int_equal(SET(d, "a", "k", "v"), 0);
	assert_int_equal(SET(d, "b", "k", "[x]", "y"), 0);
	check_doc(d, "[a]\nk = v\n\n[b]\nk = [x]\nk = y\n");
	ini_doc_free(d);
}

static void doc_lists(void **state)
{
	struct ini_doc *d = doc("[a]\nl = 1 ; one\n; about two\nl = 2 ; two\nl = 3 ; three\nz = z\n");

	(void)state;
	assert_int_equal(ini_doc_line(d, "a", "l", 1), 4);
	assert_int_equal(ini_doc_line(d, "a", "l", 3), 0);
	assert_int_equal(SET(d, "a", "l", "1", "2", "3", "4"), 0);
	check_doc(d, "[a]\nl = 1 ; one\n; about two\nl = 2 ; two\nl = 3 ; three\nl = 4\nz = z\n");
	assert_int_equal(SET(d, "a", "l", "2", "3", "4"), 0); /* the first goes */
	check_doc(d, "[a]\n; about two\nl = 2 ; two\nl = 3 ; three\nl = 4\nz = z\n");
	assert_int_equal(SET(d, "a", "l", "0", "2", "5", "4"), 0);
	check_doc(d, "[a]\n; about two\nl = 0\nl = 2 ; two\nl = 5 ; three\nl = 4\nz = z\n");
	assert_int_equal(SET(d, "a", "l", "5", "0", "6"), 0); /* another order */
	check_doc(d, "[a]\n; about two\nl = 5\nl = 0\nl = 6 ; two\nz = z\n");
	assert_int_equal(SET(d, "a", "l", "4", "0", "7"), 0); /* an edit keeps the comment */
	check_doc(d, "[a]\n; about two\nl = 4\nl = 0\nl = 7 ; two\nz = z\n");
	assert_int_equal(SET(d, "a", "l", "5", "5"), 0);
	check_doc(d, "[a]\n; about two\nl = 5\nl = 5\nz = z\n");
	assert_int_equal(ini_doc_set(d, "a", "l", NULL, 0, NULL), 0);
	assert_int_equal(SET(d, "a", "l", "4"), 0);
	check_doc(d, "[a]\n; about two\nz = z\nl = 4\n");
	assert_int_equal(ini_doc_set(d, "a", "z", NULL, 0, NULL), 0);
	assert_int_equal(SET(d, "a", "z", "z"), 0);
	assert_int_equal(SET(d, "a", "l", "3", "4"), 0);
	check_doc(d, "[a]\n; about two\nl = 3\nl = 4\nz = z\n");
	assert_int_equal(ini_doc_set(d, "a", "l", NULL, 0, NULL), 0);
	check_doc(d, "[a]\n; about two\nz = z\n");
	ini_doc_free(d);
}

static void doc_long_comment(void **state)
{
	char comment[160];
	char value[80];
	char text[320];
	char want[320];
	struct ini_doc *d;

	(void)state;
	snprintf(comment, sizeof(comment), "; %0150d", 0);
	snprintf(value, sizeof(value), "%075d", 0);
	snprintf(text, sizeof(text), "[a]\nk = 1 %s\n", comment);
	snprintf(want, sizeof(want), "[a]\n%s\nk = %s\n", comment, value);
	d = doc(text);
	assert_int_equal(SET(d, "a", "k", value), 0);
	check_doc(d, want);
	ini_doc_free(d);
}

static void doc_refuses(void **state)
{
	static const char *const bad[] = {"a\nb", "a\rb", "a ;b", ";b", " a", "a ", "a\t", "\x1b", "a\t;"};
	struct ini_doc *d = doc("[a]\nk = v\n");
	char value[INI_LINE_MAX];
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ini_doc_set(d, "a", "k", &bad[i], 1, &e), -1);
		assert_non_null(strstr(e.text, "a.k: the value cannot be written"));
		err_fini(&e);
	}
	memset(value, 'x', sizeof(value));
	value[INI_LINE_MAX - 3] = '\0'; /* "k = " and 187 */
	assert_int_equal(SET(d, "a", "k", value), -1);
	check_doc(d, "[a]\nk = v\n");
	value[INI_LINE_MAX - 4] = '\0';
	assert_int_equal(SET(d, "a", "k", value), 0);
	ini_doc_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(other_systems),
		cmocka_unit_test(keeps_other_systems),
		cmocka_unit_test(refuses_by_line),
		cmocka_unit_test(lengths),
		cmocka_unit_test(big_files),
		cmocka_unit_test(stops),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(doc_keeps),
		cmocka_unit_test(doc_lists),
		cmocka_unit_test(doc_long_comment),
		cmocka_unit_test(doc_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
