/* SPDX-License-Identifier: MIT */
/* session: machines read with --set and --mirror, and the texts of steps, amounts and snapshots. */
#include "../lib/check.h"

#include "base/mem.h"
#include "host/paths.h"
#include "session/conf.h"
#include "session/words.h"

struct fixture {
	char *top, *path;
	struct catalog *catalog;
	struct store store;
	struct strv sets;
	struct session_conf conf;
};

static int setup(void **state)
{
	static const char ini[] = "[machine]\nname = box\n[cpu]\nmemory = 1G\nunheard = of\n";
	struct fixture *f = xcalloc(1, sizeof(*f));
	AUTO_FREE char *config = NULL;

	f->top = check_tmpdir();
	config = file_join(f->top, "c");
	assert_int_equal(setenv("XDG_CONFIG_HOME", config, 1), 0);
	assert_int_equal(setenv("XDG_DATA_HOME", f->top, 1), 0);
	assert_int_equal(setenv("XDG_CACHE_HOME", f->top, 1), 0);
	assert_int_equal(store_open(&f->store, NULL), 0);
	f->catalog = catalog_new(NULL);
	assert_non_null(f->catalog);
	f->path = file_join(f->top, "box.ini");
	assert_int_equal(file_write(f->path, ini, sizeof(ini) - 1, 0600, NULL), 0);
	f->conf = (struct session_conf){.catalog = f->catalog, .store = &f->store, .sets = &f->sets};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	catalog_free(f->catalog);
	store_fini(&f->store);
	strv_fini(&f->sets);
	free(f->path);
	check_rmdir(f->top);
	free(f);
	return 0;
}

/* Reads the file, which must work, and returns its memory in MiB. */
static unsigned memory(struct fixture *f)
{
	struct spec s;
	uint64_t bytes;

	assert_int_equal(session_read(&f->conf, f->path, &s, NULL), 0);
	bytes = s.memory;
	spec_fini(&s);
	return (unsigned)(bytes >> 20);
}

/* --set applies in its order, to every machine or to the only one that it is for. */
static void test_sets(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(memory(f), 1024);
	assert_false(session_is_changed(&f->conf, f->path));
	strv_add(&f->sets, "cpu.memory=512M");
	strv_add(&f->sets, "cpu.memory=2G");
	assert_int_equal(memory(f), 2048);
	assert_true(session_is_changed(&f->conf, f->path));
	f->conf.machine = "/another.ini";
	assert_int_equal(memory(f), 1024);
	assert_false(session_is_changed(&f->conf, f->path));
	f->conf.machine = f->path;
	assert_int_equal(memory(f), 2048);
}

/* --mirror replaces what the file and --set give. */
static void test_mirror(void **state)
{
	struct fixture *f = *state;
	struct spec s;

	f->conf.mirror = "http://mirror.example/debian";
	strv_add(&f->sets, "mirror.url=http://other.example/debian");
	assert_int_equal(session_read(&f->conf, f->path, &s, NULL), 0);
	assert_string_equal(s.mirror, "http://mirror.example/debian");
	spec_fini(&s);
}

/* A wrong value leaves nothing in the record; an unknown key is a warning, or an error with --strict. */
static void test_refused(void **state)
{
	struct fixture *f = *state;
	AUTO_ERR struct err e = ERR_INIT;
	struct spec s;

	assert_int_equal(session_read(&f->conf, f->path, &s, NULL), 0);
	assert_int_equal(s.warnings.len, 1);
	spec_fini(&s);
	f->conf.strict = true;
	assert_int_equal(session_read(&f->conf, f->path, &s, &e), -1);
	assert_string_equal(e.id, "spec-unknown");
	assert_null(s.name);
	err_fini(&e);
	strv_add(&f->sets, "machine.arch=vax");
	assert_int_equal(session_read(&f->conf, f->path, &s, &e), -1);
	assert_null(s.name);
}

static void test_words(void **state)
{
	static const struct step_ops bytes = {.unit = STEP_BYTES}, count = {.unit = STEP_COUNT},
				     plain = {.unit = STEP_PLAIN};
	struct step_view s = {.ops = &bytes, .done = 61 << 20, .total = 144 << 20, .rate = 24 << 20};
	char text[WORDS_TEXT];

	(void)state;
	assert_string_equal(words_step_amount(&s, text), "61.0 M of 144.0 M");
	assert_string_equal(words_step_rate(&s, text), "24.0 M/s");
	s.ops = &count;
	s.done = 131;
	s.total = 225;
	assert_string_equal(words_step_amount(&s, text), "131 of 225");
	assert_string_equal(words_step_rate(&s, text), "");
	s.ops = &plain;
	assert_string_equal(words_step_amount(&s, text), "");
	s = (struct step_view){.ops = &bytes, .rate = 5};
	assert_string_equal(words_step_amount(&s, text), "");
	assert_string_equal(words_step_rate(&s, text), "");
	assert_string_equal(words_left(4000, 0, text), "4.0 s left");
	assert_string_equal(words_left(999, 1000, text), "");
	assert_string_equal(words_left(-1, 0, text), "");
}

static void test_snapshots(void **state)
{
	AUTO_FREE char *disk = words_snapshot_contents(0), *both = words_snapshot_contents(512 << 20);

	(void)state;
	assert_string_equal(disk, "disk alone");
	assert_string_equal(both, "disk and memory, 512.0 M");
	assert_string_equal(words_snapshot_done(VM_SNAPSHOT_CREATE), "was created");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mirror, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
