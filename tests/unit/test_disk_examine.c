/* SPDX-License-Identifier: MIT */
/* disk_examine: every exit status of qemu-img check, by a qemu-img that ends with it. */
#include "../lib/check.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "image/disk.h"

static char *dir;

/* A qemu-img that must be asked for a check of that format, prints and ends so. */
static void plant(int status, const char *prints)
{
	char *path = file_join(dir, "qemu-img");
	char *text = xasprintf("#!/bin/sh\n[ \"$1 $2 $3 $4\" = 'check -f qcow2 --output=json' ] || exit 1\n"
			       "[ $# = 5 ] || exit 1\necho '%s'\nexit %d\n",
			       prints, status);

	assert_int_equal(file_write(path, text, strlen(text), 0700, NULL), 0);
	free(text);
	free(path);
}

static void test_statuses(void **state)
{
	static const struct {
		int status;
		const char *prints;
		int result;
		enum disk_health health;
		uint64_t count;
	} cases[] = {
		{0, "{\"check-errors\": 0}", 0, DISK_WELL, 0},
		{0, "no JSON at all", 0, DISK_WELL, 0},
		{3, "{\"leaks\": 12, \"check-errors\": 0}", 0, DISK_LEAKS, 12},
		{2, "{\"corruptions\": 5, \"check-errors\": 1, \"leaks\": 9}", 0, DISK_CORRUPT, 6},
		{2, "", 0, DISK_CORRUPT, 0},
		{63, "", 0, DISK_WELL, 0},
		{1, "", -1, DISK_WELL, 0},
		{77, "", -1, DISK_WELL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum disk_health health;
		struct err e = ERR_INIT;
		uint64_t count;

		plant(cases[i].status, cases[i].prints);
		assert_int_equal(disk_examine("/some/disk.qcow2", &health, &count, &e), cases[i].result);
		if (!cases[i].result) {
			assert_int_equal(health, cases[i].health);
			assert_int_equal(count, cases[i].count);
		} else {
			assert_string_equal(e.id, "disk-check");
		}
		err_fini(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_statuses)};
	char *path;
	int failed;

	dir = check_tmpdir();
	path = xasprintf("%s:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(path);
	check_rmdir(dir);
	return failed;
}
