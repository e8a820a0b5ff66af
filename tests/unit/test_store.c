/* SPDX-License-Identifier: MIT */
/* plan/store: a base that another process is about to use is not removed, one being removed is not used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"
#include "host/lock.h"
#include "machine/store.h"

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

static void assert_machines(const struct store *s, const char *want)
{
	struct strv names = STRV_INIT;
	char *all;

	store_machines(s, &names);
	all = strv_join(&names, " ");
	assert_string_equal(all, want);
	free(all);
	strv_fini(&names);
}

/* Saved, made, being made; not one that was tried and never made. */
static void machines_that_are(void **state)
{
	struct store s = {.config_dir = file_join(top, "config"), .data_dir = file_join(top, "data")};
	char *folder = file_join(s.config_dir, "machines"), *saved = file_join(folder, "saved.ini");
	char *dir = file_join(s.data_dir, "machines/tried");
	char *lock_path = file_join(dir, "lock"), *disk = file_join(dir, "disk.qcow2");
	struct lock *lock;

	(void)state;
	assert_int_equal(file_mkdirs(folder, NULL), 0);
	assert_int_equal(file_write(saved, "", 0, 0600, NULL), 0);
	assert_machines(&s, "saved");
	assert_int_equal(store_claim(&s, "tried", "/elsewhere/tried.ini", NULL), 0);
	assert_machines(&s, "saved");
	lock = lock_take(lock_path, "preparing", NULL);
	assert_non_null(lock);
	assert_machines(&s, "saved tried");
	lock_release(lock);
	assert_machines(&s, "saved");
	assert_int_equal(file_write(disk, "", 0, 0600, NULL), 0);
	assert_machines(&s, "saved tried");
	free(disk);
	free(lock_path);
	free(dir);
	free(saved);
	free(folder);
	free(s.config_dir);
	free(s.data_dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_that_are),	 cmocka_unit_test(holders_share),
		cmocka_unit_test(claimed_is_not_held),	 cmocka_unit_test(gone_is_not_held),
		cmocka_unit_test(held_through_a_rename),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
