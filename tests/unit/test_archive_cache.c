/* SPDX-License-Identifier: MIT */
/* archive/cache: entries, parts, locks, damage, what is planted in their place, and cleaning up. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/mem.h"

static uint8_t digest[HASH_SIZE];

static char *stored(const char *dir, const char *text)
{
	assert_int_equal(cache_store(dir, text, strlen(text), digest, NULL), 0);
	return cache_path(dir, digest);
}

static void entries(void **state)
{
	char *dir = check_tmpdir();
	char *path = stored(dir, "hello");
	struct stat st;
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	fd = archive_cache_open(dir, digest, 5, true, NULL);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 5); /* from the start, though it was hashed */
	assert_string_equal(text, "hello");
	close(fd);
	assert_int_equal(cache_store(dir, "hello", 5, digest, NULL), 0);
	free(path);
	check_rmdir(dir);
}

static void damage(void **state)
{
	char *dir = check_tmpdir();
	char *path = stored(dir, "hello");
	struct err e = ERR_INIT;
	int fd;

	(void)state;
	chmod(path, 0600);
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "hullo", 5), 5);
	close(fd);
	fd = archive_cache_open(dir, digest, 5, false, &e); /* the caller hashes it itself */
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(archive_cache_open(dir, digest, 5, true, &e), -1);
	assert_string_equal(e.id, "cache-damaged");
	assert_int_equal(archive_cache_open(dir, digest, 5, true, &e), -1); /* it was removed */
	assert_string_equal(e.id, "cache-missing");
	free(stored(dir, "hello"));
	assert_int_equal(archive_cache_open(dir, digest, 6, false, &e), -1); /* another size */
	assert_string_equal(e.id, "cache-damaged");
	err_fini(&e);
	free(path);
	check_rmdir(dir);
}

static void planted(void **state)
{
	char *dir = check_tmpdir();
	char *path = stored(dir, "hello");
	char *other = file_join(dir, "other");
	struct cache_part part;
	struct err e = ERR_INIT;
	char *name;

	(void)state;
	assert_int_equal(link(path, other), 0); /* someone else's name for it */
	assert_int_equal(archive_cache_open(dir, digest, 5, true, &e), -1);
	assert_string_equal(e.id, "cache-foreign");
	unlink(path);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(archive_cache_open(dir, digest, 5, true, &e), -1);
	assert_string_equal(e.id, "cache-read");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(archive_cache_open(dir, digest, 5, true, &e), -1);
	assert_string_equal(e.id, "cache-foreign");
	unlink(path);

	name = xasprintf("%s.part", path);
	assert_int_equal(symlink(other, name), 0);
	assert_int_equal(cache_begin(dir, digest, &part, &e), -1);
	unlink(name);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_int_equal(cache_begin(dir, digest, &part, &e), -1);
	unlink(name);
	assert_int_equal(link(other, name), 0);
	assert_int_equal(cache_begin(dir, digest, &part, &e), -1);
	err_fini(&e);
	free(name);
	free(other);
	free(path);
	check_rmdir(dir);
}

static void parts(void **state)
{
	char *dir = check_tmpdir();
	struct cache_part part, second;
	char text[8] = "";

	(void)state;
	hash_bytes("hello", 5, digest);
	assert_int_equal(cache_begin(dir, digest, &part, NULL), 0);
	assert_int_equal(cache_begin(dir, digest, &second, NULL), 1); /* locked */
	assert_int_equal(write(part.fd, "hel", 3), 3);
	cache_abandon(&part, true);
	assert_int_equal(cache_begin(dir, digest, &part, NULL), 0); /* what an interrupted run left */
	assert_int_equal(read(part.fd, text, sizeof(text)), 3);
	assert_int_equal(write(part.fd, "lo", 2), 2);
	assert_int_equal(archive_cache_open(dir, digest, 5, true, NULL), -1);
	assert_int_equal(cache_commit(&part, NULL), 0);
	assert_true(close(archive_cache_open(dir, digest, 5, true, NULL)) == 0);
	assert_int_equal(cache_begin(dir, digest, &part, NULL), 0);
	cache_abandon(&part, false);
	assert_int_equal(cache_begin(dir, digest, &part, NULL), 0); /* nothing is left of it */
	assert_int_equal(read(part.fd, text, sizeof(text)), 0);
	cache_abandon(&part, false);
	check_rmdir(dir);
}

static void cleaning(void **state)
{
	char *dir = check_tmpdir();
	char *old = stored(dir, "old");
	char *kept = stored(dir, "kept");
	struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	uint64_t freed;

	(void)state;
	assert_int_equal(utimensat(AT_FDCWD, old, times, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, kept, times, 0), 0);
	assert_true(close(archive_cache_open(dir, digest, 4, true, NULL)) == 0); /* used today */
	assert_int_equal(archive_cache_gc(dir, 30, &freed, NULL), 0);
	assert_true(freed > 0);
	assert_false(file_exists(old));
	assert_true(file_exists(kept));
	free(old);
	free(kept);
	check_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries), cmocka_unit_test(damage),   cmocka_unit_test(planted),
		cmocka_unit_test(parts),   cmocka_unit_test(cleaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
