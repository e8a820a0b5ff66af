/* SPDX-License-Identifier: MIT */
/* text and hash: neutralising foreign text, percent escapes, SHA-256. */
#include "../lib/check.h"

#include <fcntl.h>

#include "base/hash.h"
#include "base/text.h"

static void test_clean(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"plain", "plain"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xe2\x9c\x93 \xf0\x9f\x98\x80", "\xe2\x9c\x93 \xf0\x9f\x98\x80"},
		{"a\033[2Jb", "a?[2Jb"},
		{"tab\there", "tab here"},
		{"line\nnext", "line?next"},
		{"\x7f\x01", "??"},
		{"\xc2\x9b"
		 "31m",
		 "?31m"},		      /* C1 CSI */
		{"\xc0\xaf", "??"},	      /* overlong */
		{"\xed\xa0\x80", "???"},      /* surrogate */
		{"\xf5\x80\x80\x80", "????"}, /* beyond Unicode */
		{"\xe2\x80\xae"
		 "evil",
		 "?evil"}, /* right-to-left override */
		{"zero\xe2\x80\x8bwidth", "zero?width"},
		{"cut\xe2\x9c", "cut??"},
		{"%n%s", "%n%s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = text_clean(cases[i].in, strlen(cases[i].in), false);

		assert_string_equal(got, cases[i].out);
		free(got);
	}
}

static void test_clean_lines(void **state)
{
	char *got = text_clean("a\nb\r", 4, true);

	(void)state;
	assert_string_equal(got, "a\nb?");
	free(got);
}

static void test_encode(void **state)
{
	static const char *const cases[][2] = {
		{"", ""}, {"/a-b_c.d~", "/a-b_c.d~"}, {"a b,c%", "a%20b%2Cc%25"}, {"\n\xc3\xbc'", "%0A%C3%BC%27"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = text_percent_encode(cases[i][0]);
		char *back = text_percent_decode(got, strlen(got));

		assert_string_equal(got, cases[i][1]);
		assert_string_equal(back, cases[i][0]);
		free(back);
		free(got);
	}
}

static void test_plain(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"[\033[0;32m  OK  \033[0m] Started", "[  OK  ] Started"},
		{"\033]0;title\aend", "end"},
		{"\033]0;title\033\\end", "end"},
		{"\033(Bx", "Bx"},
		{"cut\033[12", "cut"},
		{"cut\033", "cut"},
		{"\033]never ends", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = text_plain(cases[i].in, strlen(cases[i].in));

		assert_string_equal(got, cases[i].out);
		free(got);
	}
}

static void test_percent(void **state)
{
	char *got = text_percent_decode("a%20b%2525%0A", 13);

	(void)state;
	assert_string_equal(got, "a b%25\n");
	free(got);
	assert_null(text_percent_decode("%", 1));
	assert_null(text_percent_decode("%2", 2));
	assert_null(text_percent_decode("%zz", 3));
	assert_null(text_percent_decode("%00", 3));
	assert_null(text_percent_decode("a%2", 3));
}

/* The examples of FIPS 180-4 for one block and for the empty message. */
static void test_hash(void **state)
{
	uint8_t d[HASH_SIZE];
	uint8_t back[HASH_SIZE];
	char hex[HASH_HEX];

	(void)state;
	hash_bytes("abc", 3, d);
	hash_hex(d, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(hash_from_hex(hex, back));
	assert_memory_equal(d, back, HASH_SIZE);
	hash_bytes("", 0, d);
	hash_hex(d, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_false(hash_from_hex("ba78", back));
	hex[3] = 'x';
	assert_false(hash_from_hex(hex, back));
	hex[3] = 'b';
	assert_true(hash_from_hex("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", back));
	assert_memory_equal(d, back, HASH_SIZE);
}

static void test_hash_fd(void **state)
{
	char *dir = check_tmpdir();
	char *path = file_join(dir, "f");
	char big[300000];
	uint8_t a[HASH_SIZE], b[HASH_SIZE];
	uint64_t size;
	int fd;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(file_write(path, big, sizeof(big), 0600, NULL), 0);
	fd = open(path, O_RDONLY);
	assert_int_equal(hash_fd(fd, a, &size, NULL), 0);
	assert_int_equal(size, sizeof(big));
	hash_bytes(big, sizeof(big), b);
	assert_memory_equal(a, b, HASH_SIZE);
	assert_int_equal(hash_fd(fd, a, &size, NULL), 0); /* from the start again */
	assert_memory_equal(a, b, HASH_SIZE);
	close(fd);
	free(path);
	check_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),	cmocka_unit_test(test_clean_lines), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_encode),	cmocka_unit_test(test_percent),	    cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_fd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
