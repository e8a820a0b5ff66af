/* SPDX-License-Identifier: MIT */
/* machine/template: a template is used only while its files are as they were written, and while no other process
 * removes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "base/mem.h"
#include "catalog/catalog.h"
#include "host/file.h"
#include "machine/template.h"
#include "qemu/argv.h"

#define KEY "bookworm-armhf-build-0123456789ab"
#define BASE "bookworm-armhf-build-ba5e"
#define PATTERN "/tmp/dw-template-XXXXXX"

static char top[] = PATTERN;
static struct store store;
static unsigned removed;

static char *path_of(const char *name)
{
	return xasprintf("%s/templates/%s", top, name);
}

static void put(const char *name, const char *text)
{
	AUTO_FREE char *path = path_of(name);

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
}

static bool there_is(const char *name)
{
	AUTO_FREE char *path = path_of(name);

	return file_exists(path);
}

static bool usable(void)
{
	struct template t;
	bool found = template_take(&store, KEY, &t);

	template_release(&t);
	return found;
}

static void count(const char *key, const char *why, void *arg)
{
	(void)why;
	(void)arg;
	assert_string_equal(key, KEY);
	removed++;
}

static unsigned collect(uint64_t *freed)
{
	removed = 0;
	*freed = 0;
	assert_int_equal(template_collect(&store, 14, freed, count, NULL, NULL), 0);
	return removed;
}

static struct lock *begin(void)
{
	AUTO_FREE char *part = NULL;
	struct lock *lock;

	assert_int_equal(template_begin(&store, KEY, &part, &lock, NULL), 0);
	put(KEY ".part/ram", "memory");
	put(KEY ".part/suspend.state", "devices");
	put(KEY ".part/disk.qcow2", "disk");
	put(KEY ".part/console.log", "booting");
	return lock;
}

static void make(void)
{
	struct lock *lock = begin();

	assert_int_equal(template_publish(&store, KEY, BASE, "bookworm armhf", NULL), 0);
	lock_remove(lock);
}

static int setup(void **state)
{
	AUTO_FREE char *base = NULL;

	(void)state;
	memcpy(top, PATTERN, sizeof(PATTERN));
	if (!mkdtemp(top))
		return -1;
	store = (struct store){.data_dir = xstrdup(top), .bases_dir = file_join(top, "bases")};
	base = file_join(store.bases_dir, BASE);
	return file_mkdirs(base, NULL);
}

static int teardown(void **state)
{
	(void)state;
	store_fini(&store);
	return file_remove_tree(top, NULL);
}

static void made_and_used(void **state)
{
	struct lock *lock;
	AUTO_FREE char *part = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(usable());
	lock = begin();
	assert_false(usable());
	assert_int_equal(template_begin(&store, KEY, &part, &(struct lock *){NULL}, &e), -1);
	assert_string_equal(e.id, "busy");
	err_fini(&e);
	assert_int_equal(template_publish(&store, KEY, BASE, "bookworm armhf", NULL), 0);
	lock_remove(lock);
	assert_true(usable());
	assert_false(there_is(KEY ".part"));
	assert_false(there_is(KEY "/console.log"));
}

/* A part that is missing, or has other bytes, or another time, which is all that is known of the memory. */
static void broken_is_removed(void **state)
{
	static const char *const parts[] = {"ram", "suspend.state", "disk.qcow2", "manifest.json"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO_FREE char *name = xasprintf(KEY "/%s", parts[i]);

		make();
		put(name, "other");
		assert_false(usable());
		assert_false(there_is(KEY));
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO_FREE char *name = xasprintf(KEY "/%s", parts[i]);
		AUTO_FREE char *path = path_of(name);

		make();
		assert_int_equal(unlink(path), 0);
		assert_false(usable());
	}
}

static void killed_maker(void **state)
{
	struct lock *lock = begin();
	uint64_t freed;

	(void)state;
	assert_int_equal(collect(&freed), 0);
	assert_true(there_is(KEY ".part"));
	lock_release(lock); /* as a kill does */
	assert_int_equal(collect(&freed), 0);
	assert_false(there_is(KEY ".part"));
	assert_false(there_is(KEY ".lock"));
	lock_release(begin());
	make();
	assert_true(usable());
}

static void failure_is_remembered(void **state)
{
	struct lock *lock = begin();
	AUTO_FREE char *why = NULL;
	AUTO_FREE char *note = path_of(KEY ".failed");
	uint64_t freed;

	(void)state;
	template_fail(&store, KEY, "the guest hangs");
	lock_remove(lock);
	assert_false(there_is(KEY ".part"));
	why = template_failure(&store, KEY);
	assert_string_equal(why, "the guest hangs");
	assert_int_equal(collect(&freed), 0);
	assert_true(there_is(KEY ".failed"));
	assert_int_equal(utime(note, &(struct utimbuf){1, 1}), 0);
	assert_null(template_failure(&store, KEY));
	assert_int_equal(collect(&freed), 0);
	assert_false(there_is(KEY ".failed"));
}

static void collected(void **state)
{
	AUTO_FREE char *base = file_join(store.bases_dir, BASE);
	AUTO_FREE char *lock = path_of(KEY "/lock");
	struct template t;
	uint64_t freed;

	(void)state;
	make();
	assert_int_equal(collect(&freed), 0);
	assert_int_equal(utime(lock, &(struct utimbuf){1, 1}), 0);
	assert_true(usable()); /* which is a use */
	assert_int_equal(collect(&freed), 0);
	assert_int_equal(utime(lock, &(struct utimbuf){1, 1}), 0);
	assert_int_equal(collect(&freed), 1);
	assert_true(freed > 0);
	make();
	assert_true(template_take(&store, KEY, &t));
	assert_int_equal(file_remove_tree(base, NULL), 0);
	assert_int_equal(collect(&freed), 0);
	template_release(&t);
	assert_int_equal(collect(&freed), 1);
	assert_false(there_is(KEY));
}

static void memory_of_the_machine(void **state)
{
	struct catalog_arch arch = {.ram = (char *)"mach-virt.ram"};
	AUTO_STRV struct strv argv = STRV_INIT;

	(void)state;
	qemu_argv_memory(&arch, 1 << 20, "/t/a,b", false, &argv);
	assert_int_equal(argv.len, 4);
	assert_string_equal(argv.items[0], "-object");
	assert_string_equal(argv.items[1],
			    "{\"qom-type\":\"memory-backend-file\",\"id\":\"mach-virt.ram\",\"size\":1048576,"
			    "\"mem-path\":\"/t/a,b\",\"share\":false,"
			    "\"x-use-canonical-path-for-ramblock-id\":false}");
	assert_string_equal(argv.items[2], "-machine");
	assert_string_equal(argv.items[3], "memory-backend=mach-virt.ram");
	qemu_argv_memory(&arch, 1 << 20, "/t/a,b", true, &argv);
	assert_non_null(strstr(argv.items[5], "\"share\":true"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made_and_used, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_maker, setup, teardown),
		cmocka_unit_test_setup_teardown(failure_is_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(collected, setup, teardown),
		cmocka_unit_test(memory_of_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
