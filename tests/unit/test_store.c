/* SPDX-License-Identifier: MIT */
/* plan/store: a base that somebody is about to use is not removed, one being removed is not used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "plan/store.h"

static char top[] = "/tmp/dw-store-XXXXXX";
static char *base;

static int make_base(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	base = file_join(top, "bookworm-armhf-build-0123456789ab-20260101000000");
	return file_mkdirs(base, NULL);
}

static int remove_base(void **state)
{
	(void)state;
	free(base);
	return file_remove_tree(top, NULL);
}

static void holders_share(void **state)
{
	struct lock *a = store_base_hold(base, NULL);
	struct lock *b = store_base_hold(base, NULL);
	struct err e = ERR_INIT;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_null(store_base_claim(base, &e));
	assert_string_equal(e.id, "busy");
	err_fini(&e);
	lock_release(a);
	assert_null(store_base_claim(base, NULL));
	lock_release(b);
	a = store_base_claim(base, NULL);
	assert_non_null(a);
	lock_release(a);
}

static void claimed_is_not_held(void **state)
{
	struct lock *claim = store_base_claim(base, NULL);
	struct err e = ERR_INIT;

	(void)state;
	assert_non_null(claim);
	assert_null(store_base_hold(base, &e));
	assert_string_equal(e.id, "busy");
	err_fini(&e);
	lock_release(claim);
}

/* It lost its name after it was chosen. */
static void gone_is_not_held(void **state)
{
	char *part = xasprintf("%s.part", base);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(file_rename(base, part, NULL), 0);
	assert_null(store_base_hold(base, &e));
	assert_string_equal(e.id, "lock-missing");
	err_fini(&e);
	assert_int_equal(file_rename(part, base, NULL), 0);
	free(part);
}

/* What is held while it is made is held under its final name. */
static void held_through_a_rename(void **state)
{
	char *part = xasprintf("%s.part", base);
	struct lock *hold;

	(void)state;
	assert_int_equal(file_rename(base, part, NULL), 0);
	hold = store_base_hold(part, NULL);
	assert_non_null(hold);
	assert_int_equal(file_rename(part, base, NULL), 0);
	assert_null(store_base_claim(base, NULL));
	lock_release(hold);
	free(part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holders_share),
		cmocka_unit_test(claimed_is_not_held),
		cmocka_unit_test(gone_is_not_held),
		cmocka_unit_test(held_through_a_rename),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
