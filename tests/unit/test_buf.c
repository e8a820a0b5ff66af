/* SPDX-License-Identifier: MIT */
/* base/buf, base/strv, base/err: the primitives. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"

static void buf_holds(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 0);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_adds(&b, "ab"), 0);
	assert_int_equal(buf_addc(&b, 'c'), 0);
	assert_int_equal(buf_addf(&b, "%d-%s", 12, "x"), 0);
	assert_int_equal(buf_add(&b, "\0y", 2), 0);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "abc12-x\0y", 10);
	buf_drop(&b, 3);
	assert_memory_equal(b.data, "12-x\0y", 7);
	buf_drop(&b, b.len);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_adds(&b, "again");
	text = buf_steal(&b);
	assert_string_equal(text, "again");
	assert_string_equal(b.data, "");
	free(text);
	text = buf_steal(&b); /* of an empty one: a string of its own all the same */
	assert_string_equal(text, "");
	free(text);
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 100000);
	assert_int_equal(b.data[99999], 'a' + 99999 % 26);
	assert_int_equal(b.data[100000], 0);
	buf_fini(&b);
	buf_fini(&b);
}

static void buf_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_adds(&b, "abc"), 0);
	assert_int_equal(buf_adds(&b, "de"), -1); /* nothing of it */
	assert_string_equal(b.data, "abc");
	assert_int_equal(buf_addf(&b, "%s", "de"), -1);
	assert_string_equal(b.data, "abc");
	assert_int_equal(buf_addc(&b, 'd'), 0);
	assert_int_equal(buf_addc(&b, 'e'), -1);
	assert_null(buf_reserve(&b, 1));
	buf_drop(&b, 1);
	assert_non_null(buf_reserve(&b, 1));
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_string_equal(b.data, "bcd");
	buf_fini(&b);
}

static void strv_holds(void **state)
{
	struct strv v = STRV_INIT;
	struct strv w = STRV_INIT;
	char *text;

	(void)state;
	assert_non_null(strv_argv(&v));
	assert_null(strv_argv(&v)[0]);
	assert_true(strv_equal(&v, &w));
	strv_split(&v, " b  a,b\t", " ,\t");
	strv_addf(&v, "%d", 7);
	assert_int_equal(v.len, 4);
	assert_null(v.items[4]);
	strv_copy(&w, &v);
	assert_true(strv_equal(&v, &w));
	strv_copy(&w, &w);
	assert_true(strv_equal(&v, &w));
	strv_sort(&v);
	text = strv_join(&v, "/");
	assert_string_equal(text, "7/a/b/b");
	free(text);
	assert_false(strv_equal(&v, &w));
	strv_uniq(&v);
	text = strv_join(&v, "/");
	assert_string_equal(text, "7/a/b");
	free(text);
	assert_null(v.items[3]);
	assert_true(strv_has(&v, "a"));
	assert_false(strv_has(&v, "c"));
	for (int i = 0; i < 1000; i++)
		strv_addf(&v, "%d", i);
	assert_int_equal(v.len, 1003);
	assert_string_equal(v.items[1002], "999");
	assert_null(v.items[1003]);
	strv_fini(&v);
	strv_fini(&w);
	strv_fini(&v);
	text = strv_join(&v, ",");
	assert_string_equal(text, "");
	free(text);
}

static void err_tells(void **state)
{
	struct err e = ERR_INIT;
	struct err to = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(NULL, ERR_FAILED, "x", "y"), -1);
	assert_int_equal(err_prefix(NULL, "x"), -1);
	assert_int_equal(err_set(&e, ERR_USAGE, "an-id", "no %s", "way"), -1);
	assert_int_equal(err_set(&e, ERR_BUSY, "other", "%s at all", e.text), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	assert_string_equal(e.id, "other");
	assert_string_equal(e.text, "no way at all");
	assert_null(e.hint);
	err_hint(&e, "do %d", 1);
	err_hint(&e, "%s and 2", e.hint);
	assert_string_equal(e.hint, "do 1 and 2");
	err_prefix(&e, "while %s", "testing");
	assert_string_equal(e.text, "while testing: no way at all");
	assert_int_equal(err_move(&to, &e), -1);
	assert_int_equal(e.kind, ERR_NONE);
	assert_null(e.text);
	assert_string_equal(to.text, "while testing: no way at all");
	assert_int_equal(err_errno(&to, ENOSPC, "full", "file %s", "x"), -1);
	assert_non_null(strstr(to.text, "file x: "));
	assert_non_null(to.hint);
	assert_int_equal(err_errno(&to, EROFS, "read-only", "file %s", "x"), -1);
	assert_non_null(strstr(to.hint, "XDG_CONFIG_HOME for INI files"));
	err_set(&to, ERR_FAILED, "0123456789012345678901234567890123456789", "long id");
	assert_int_equal(strlen(to.id), sizeof(to.id) - 1);
	err_fini(&to);
	err_fini(&to);
	err_fini(NULL);
}

static char *auto_taken(const char **inner)
{
	AUTO_FREE char *one = xstrdup("one");
	AUTO_FREE char *none = NULL;
	AUTO_BUF struct buf b = {0};
	AUTO_STRV struct strv v = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_CLOSE int fd = -1;

	buf_adds(&b, "x");
	strv_add(&v, "x");
	err_set(&e, ERR_FAILED, "x", "x");
	*inner = one;
	assert_int_equal(fd, -1);
	return none ? none : mem_take(&one);
}

/* What was not taken is freed: the leak checkers see it otherwise. */
static void auto_frees(void **state)
{
	const char *inner;
	char *outer = auto_taken(&inner);
	int fds[2], copy;

	(void)state;
	assert_ptr_equal(outer, inner);
	assert_string_equal(outer, "one");
	free(outer);
	assert_int_equal(pipe(fds), 0);
	copy = fds[0];
	{
		AUTO_CLOSE int closed = fds[0];

		assert_int_equal(fcntl(closed, F_GETFD), 0);
	}
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_holds), cmocka_unit_test(buf_cap),	   cmocka_unit_test(strv_holds),
		cmocka_unit_test(err_tells), cmocka_unit_test(auto_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
