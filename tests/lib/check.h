/* SPDX-License-Identifier: MIT */
/* check: cmocka with its required includes, and a private folder per test. */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

#define CHECK_LIMIT_MS 300000 /* ends only what hangs */

/* A new empty folder, owned by the caller; its name is short enough for sockets in it. */
static inline char *check_tmpdir(void)
{
	const char *base = getenv("TMPDIR");
	char *path = NULL;
	size_t n;

	if (!base || strlen(base) > 64)
		base = "/tmp";
	n = strlen(base) + 32;
	path = malloc(n);
	assert_non_null(path);
	snprintf(path, n, "%s/debwiz-test-XXXXXX", base);
	assert_non_null(mkdtemp(path));
	return path;
}

/* Removes it and frees its name. */
static inline void check_rmdir(char *path)
{
	assert_int_equal(file_remove_tree(path, NULL), 0);
	free(path);
}

#endif
