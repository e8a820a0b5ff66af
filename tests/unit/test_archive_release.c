/* SPDX-License-Identifier: MIT */
/* archive/release and archive/floor: parsing, requested suites, dates, and never going back. */
#include "tests/lib/check.h"

#include "archive/cache.h"
#include "archive/floor.h"
#include "archive/release.h"
#include "base/mem.h"

#define NOW 1700000000 /* Tue, 14 Nov 2023 22:13:20 UTC */
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FILES "SHA256:\n " EMPTY " 0 main/binary-armhf/Packages\n " EMPTY "   12 main/a.xz\n"
#define HEAD "Origin: Debian\nSuite: oldstable\nCodename: bookworm\nVersion: 12.12\n"

static void parsing(void **state)
{
	static const char text[] = HEAD "Label:  Debian \nDate: Mon, 13 Nov 2023 22:13:20 UTC\n"
					"Valid-Until: Wed, 15 Nov 2023 22:13:20 UTC\nacquire-by-hash: yes\n"
					"Architectures: all amd64 armhf\nMD5Sum:\n 00 1 main/zzz\n" FILES;
	const struct release_file *f;
	struct release r;

	(void)state;
	assert_int_equal(release_parse(text, strlen(text), &r, NULL), 0);
	assert_string_equal(r.origin, "Debian");
	assert_string_equal(r.label, "Debian");
	assert_string_equal(r.suite, "oldstable");
	assert_string_equal(r.codename, "bookworm");
	assert_string_equal(r.version, "12.12");
	assert_int_equal(r.date, NOW - 86400);
	assert_int_equal(r.valid_until, NOW + 86400);
	assert_true(r.by_hash);
	assert_int_equal(r.architectures.len, 3);
	assert_int_equal(r.len, 2);
	f = release_find(&r, "main/a.xz");
	assert_non_null(f);
	assert_int_equal(f->size, 12);
	assert_int_equal(f->sha256[0], 0xe3);
	assert_null(release_find(&r, "main/zzz")); /* MD5 alone does not count */
	release_fini(&r);
}

static void damaged(void **state)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{HEAD, "release-files"},
		{HEAD "SHA256:\n", "release-files"},
		{HEAD "MD5Sum:\n 00 1 x\n", "release-files"},
		{HEAD "SHA256:\n 00 1 x\n", "release-syntax"},
		{HEAD "SHA256:\n " EMPTY " -1 x\n", "release-syntax"},
		{HEAD "SHA256:\n " EMPTY " 1\n", "release-syntax"},
		{HEAD "SHA256:\n " EMPTY " 1 x y\n", "release-syntax"},
		{HEAD FILES "\nOrigin: second stanza\n", "release-syntax"},
		{HEAD "no field\n" FILES, "release-syntax"},
		{HEAD "Date: yesterday, 99:99\n" FILES, "release-syntax"},
		{HEAD "Valid-Until: never\n" FILES, "release-syntax"},
		{"", "release-files"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;
		struct release r;

		assert_int_equal(release_parse(rows[i].text, strlen(rows[i].text), &r, &e), -1);
		assert_string_equal(e.id, rows[i].id);
		assert_int_equal(e.kind, ERR_VERIFY);
		err_fini(&e);
	}
}

static void questions(void **state)
{
	static const struct {
		const char *more, *suite, *arch;
		bool old;
		const char *id;
		size_t warnings;
	} rows[] = {
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "bookworm", "armhf", false, "", 0},
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "oldstable", "armhf", false, "", 0},
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "bookworm", NULL, false, "", 0},
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "trixie", "armhf", false, "release-suite", 0},
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "", "armhf", false, "release-suite", 0},
		{"Date: Mon, 13 Nov 2023 22:13:20 UTC\n", "bookworm", "arm", false, "release-arch", 0},
		{"Date: Tue, 14 Nov 2023 22:22:00 UTC\n", "bookworm", "armhf", false, "", 0},
		{"Date: Wed, 15 Nov 2023 10:13:20 UTC\n", "bookworm", "armhf", false, "release-future", 0},
		{"Valid-Until: Tue, 14 Nov 2023 22:13:19 UTC\n", "bookworm", "armhf", false, "release-expired", 0},
		{"Valid-Until: Tue, 14 Nov 2023 22:13:19 UTC\nDate: Mon, 13 Nov 2023 22:13:20 UTC\n", "bookworm",
		 "armhf", true, "", 0},
		{"", "bookworm", "armhf", false, "", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct release_want want = {
			.suite = rows[i].suite, .arch = rows[i].arch, .old = rows[i].old, .now = NOW};
		char *text = xasprintf("%s%sArchitectures: armhf\n%s", HEAD, rows[i].more, FILES);
		struct strv warnings = STRV_INIT;
		struct err e = ERR_INIT;
		struct release r;

		assert_int_equal(release_parse(text, strlen(text), &r, NULL), 0);
		assert_int_equal(release_check(&r, &want, &warnings, &e), *rows[i].id ? -1 : 0);
		assert_string_equal(e.id, rows[i].id);
		assert_int_equal(warnings.len, rows[i].warnings);
		if (!strcmp(e.id, "release-expired") || !strcmp(e.id, "release-future"))
			assert_non_null(strstr(e.text, "2023-11-14 22:13 UTC")); /* this host's clock */
		release_fini(&r);
		strv_fini(&warnings);
		err_fini(&e);
		free(text);
	}
}

static void versions(void **state)
{
	(void)state;
	assert_true(release_version_cmp("12.9", "12.10") < 0);
	assert_true(release_version_cmp("12.10", "12.9") > 0);
	assert_int_equal(release_version_cmp("12.10", "12.10"), 0);
	assert_true(release_version_cmp("12", "12.1") < 0);
	assert_true(release_version_cmp("", "12.1") < 0);
	assert_true(release_version_cmp("13", "12.12") > 0);
}

static void floors(void **state)
{
	char *dir = check_tmpdir();
	struct release r = {.origin = (char *)"Deb/ian", .version = (char *)"12.12", .date = NOW};
	struct floor f;
	struct buf b;

	(void)state;
	assert_false(floor_load(dir, FLOOR_DEBIAN, "Deb/ian", "bookworm", &f));
	assert_int_equal(floor_copy_store(dir, "http://x/InRelease", "first", 5, "\"e\"", NULL, NULL), 0);
	assert_int_equal(floor_raise(dir, FLOOR_DEBIAN, &r, "bookworm", "first", 5, NULL), 0);
	assert_false(floor_load(dir, FLOOR_DEBIAN, "Deb/ian", "trixie", &f));
	assert_false(floor_load(dir, FLOOR_DEBIAN, "Debian", "bookworm", &f));
	assert_true(floor_load(dir, FLOOR_DEBIAN, "Deb/ian", "bookworm", &f));
	assert_int_equal(f.date, NOW);
	assert_true(floor_bytes(dir, &f, &b));
	assert_string_equal(b.data, "first");
	buf_fini(&b);

	assert_int_equal(floor_compare(&f, &r), FLOOR_FINE);
	r.date = NOW - 1;
	assert_int_equal(floor_compare(&f, &r), FLOOR_OLDER);
	assert_int_equal(floor_raise(dir, FLOOR_DEBIAN, &r, "bookworm", "older", 5, NULL), 0); /* stays */
	r.date = NOW + 1;
	r.version = (char *)"12.9";
	assert_int_equal(floor_compare(&f, &r), FLOOR_VERSION);
	floor_fini(&f);
	assert_true(floor_load(dir, FLOOR_DEBIAN, "Deb/ian", "bookworm", &f));
	assert_int_equal(f.date, NOW);
	floor_fini(&f);
	check_rmdir(dir);
}

/* One key's floor is nothing to another's; a floor of an earlier version is Debian's. */
static void floors_by_key(void **state)
{
	static const char old[] = "{\"date\": 5000, \"version\": \"12.1\", \"size\": 0}";
	char *dir = check_tmpdir();
	char *path = xasprintf("%s/lists/floor-Debian-bookworm.json", dir);
	struct release r = {.origin = (char *)"Debian", .version = (char *)"12.12", .date = NOW};
	struct floor f;

	(void)state;
	assert_int_equal(floor_raise(dir, "AAAA", &r, "bookworm", "x", 1, NULL), 0);
	assert_false(floor_load(dir, FLOOR_DEBIAN, "Debian", "bookworm", &f));
	assert_false(floor_load(dir, "BBBB", "Debian", "bookworm", &f));
	assert_true(floor_load(dir, "AAAA", "Debian", "bookworm", &f));
	assert_false(f.keyless);
	floor_fini(&f);

	assert_int_equal(cache_put(path, old, strlen(old), NULL), 0);
	assert_true(floor_load(dir, FLOOR_DEBIAN, "Debian", "bookworm", &f));
	assert_int_equal(f.date, 5000);
	assert_true(f.keyless);
	floor_fini(&f);
	r.date = 5000; /* the same release again records the key */
	assert_int_equal(floor_raise(dir, FLOOR_DEBIAN, &r, "bookworm", "x", 1, NULL), 0);
	assert_true(floor_load(dir, FLOOR_DEBIAN, "Debian", "bookworm", &f));
	assert_false(f.keyless);
	floor_fini(&f);
	floor_forget(dir, FLOOR_DEBIAN, "Debian", "bookworm");
	assert_false(floor_load(dir, FLOOR_DEBIAN, "Debian", "bookworm", &f));
	free(path);
	check_rmdir(dir);
}

static void copies(void **state)
{
	char *dir = check_tmpdir();
	struct floor_copy c;

	(void)state;
	assert_false(floor_copy_load(dir, "http://x/InRelease", &c));
	assert_int_equal(floor_copy_store(dir, "http://x/InRelease", "text", 4, "\"e\"", NULL, NULL), 0);
	assert_false(floor_copy_load(dir, "http://y/InRelease", &c));
	assert_true(floor_copy_load(dir, "http://x/InRelease", &c));
	assert_string_equal(c.bytes.data, "text");
	assert_string_equal(c.etag, "\"e\"");
	assert_null(c.modified);
	floor_copy_fini(&c);
	check_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),  cmocka_unit_test(damaged), cmocka_unit_test(questions),
		cmocka_unit_test(versions), cmocka_unit_test(floors),  cmocka_unit_test(floors_by_key),
		cmocka_unit_test(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
