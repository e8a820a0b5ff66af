/* SPDX-License-Identifier: MIT */
/* file: atomic writing, capped reading, and what is planted in the way. */
#include "../lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static char *dir;

static int setup(void **state)
{
	(void)state;
	dir = check_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	check_rmdir(dir);
	return 0;
}

static void assert_content(const char *path, const char *want)
{
	struct buf b;

	assert_int_equal(file_read(path, 1000, &b, NULL), 0);
	assert_string_equal(b.data, want);
	buf_fini(&b);
}

static void test_write_and_read(void **state)
{
	char *path = file_join(dir, "a");
	char *part = file_join(dir, "a.part");
	struct stat st;

	(void)state;
	assert_int_equal(file_write(path, "one", 3, 0600, NULL), 0);
	assert_content(path, "one");
	assert_int_equal(file_write(path, "second", 6, 0600, NULL), 0);
	assert_content(path, "second");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(file_exists(part));
	free(part);
	free(path);
}

static void test_abandon_keeps_the_old(void **state)
{
	char *path = file_join(dir, "a");
	int fd;

	(void)state;
	assert_int_equal(file_write(path, "old", 3, 0600, NULL), 0);
	assert_int_equal(file_begin(path, 0600, &fd, NULL), 0);
	assert_int_equal(file_write_all(fd, "new", 3, path, NULL), 0);
	assert_content(path, "old");
	file_abandon(path, fd);
	assert_content(path, "old");
	free(path);
}

/* Two writers of one file: each has a part of its own, neither loses or empties the other's. */
static void test_two_writers(void **state)
{
	char *path = file_join(dir, "a");
	char *part = file_join(dir, "a.part");
	char *second = file_join(dir, "a.2.part");
	struct err e = ERR_INIT;
	int one, two;

	(void)state;
	assert_int_equal(file_begin(path, 0600, &one, NULL), 0);
	assert_int_equal(file_write_all(one, "first", 5, path, NULL), 0);
	assert_int_equal(file_begin(path, 0600, &two, NULL), 0);
	assert_int_equal(file_write_all(two, "2", 1, path, NULL), 0);
	if (file_commit(path, one, &e) < 0)
		fail_msg("%s", e.text);
	assert_content(path, "first");
	assert_true(file_exists(second)); /* an incomplete file in use is not a leftover */
	if (file_commit(path, two, &e) < 0)
		fail_msg("%s", e.text);
	assert_content(path, "2");
	assert_false(file_exists(part) || file_exists(second));
	assert_int_equal(file_begin(path, 0600, &one, NULL), 0);
	assert_int_equal(file_begin(path, 0600, &two, NULL), 0);
	file_abandon(path, one);
	assert_int_equal(file_commit(path, two, NULL), 0);
	assert_content(path, "");
	free(second);
	free(part);
	free(path);
}

/* What killed writers left goes with the next one. */
static void test_leftovers(void **state)
{
	static const char *const names[] = {"a.part", "a.2.part", "a.3.part"};
	char *path = file_join(dir, "a");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *left = file_join(dir, names[i]);
		int fd = open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		close(fd);
		free(left);
	}
	assert_int_equal(file_write(path, "new", 3, 0600, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		char *left = file_join(dir, names[i]);

		assert_false(file_exists(left));
		free(left);
	}
	free(path);
}

#define WRITERS 4
#define ROUNDS 50

/* Never an error, never half a file, and nothing is left. */
static void test_many_writers(void **state)
{
	char *path = file_join(dir, "a");
	pid_t pids[WRITERS];

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		for (int n = 0; !pids[i] && n < ROUNDS; n++) {
			char text[WRITERS * 1000];
			size_t len = (size_t)(i + 1) * 1000;
			struct buf b;

			memset(text, 'a' + i, len);
			if (file_write(path, text, len, 0600, NULL) < 0 || file_read(path, sizeof(text), &b, NULL) < 0)
				_exit(1);
			if (b.len != (size_t)(b.data[0] - 'a' + 1) * 1000 ||
			    strspn(b.data, (char[]){b.data[0], 0}) != b.len)
				_exit(2);
			buf_fini(&b);
		}
		if (!pids[i]) { /* not by _exit: valgrind would count what the parent holds as lost */
			execl("/bin/true", "true", (char *)NULL);
			_exit(3);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing is left */
	assert_int_equal(mkdir(dir, 0700), 0);
	free(path);
}

/* At its place, beyond the end as well; what cannot be written is the caller's to name. */
static void test_write_at(void **state)
{
	char *path = file_join(dir, "f");
	struct buf b;
	int fd;

	(void)state;
	assert_int_equal(file_write(path, "abcdef", 6, 0600, NULL), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(file_write_at(fd, "XY", 2, 1), 0);
	assert_int_equal(file_write_at(fd, "Z", 1, 7), 0);
	assert_int_equal(file_write_at(fd, "", 0, 100), 0);
	close(fd);
	assert_int_equal(file_read(path, 100, &b, NULL), 0);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "aXYdef\0Z", 8);
	buf_fini(&b);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_write_at(fd, "X", 1, 0), -1);
	assert_int_equal(errno, EBADF);
	close(fd);
	free(path);
}

static void test_cap(void **state)
{
	char *path = file_join(dir, "a");
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	assert_int_equal(file_write(path, "12345", 5, 0600, NULL), 0);
	assert_int_equal(file_read(path, 5, &b, NULL), 0);
	buf_fini(&b);
	assert_int_equal(file_read(path, 4, &b, &e), -1);
	assert_string_equal(e.id, "file-large");
	err_fini(&e);
	free(path);
}

static void test_missing(void **state)
{
	char *path = file_join(dir, "none");
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	assert_int_equal(file_read(path, 10, &b, &e), -1);
	assert_string_equal(e.id, "file-missing");
	err_fini(&e);
	free(path);
}

/* A link planted as the part file must not be written through; a fifo must not block. */
static void test_planted(void **state)
{
	char *path = file_join(dir, "a");
	char *part = file_join(dir, "a.part");
	char *victim = file_join(dir, "victim");
	char *fifo = file_join(dir, "fifo");
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	assert_int_equal(file_write(victim, "safe", 4, 0600, NULL), 0);
	assert_int_equal(symlink(victim, part), 0);
	assert_int_equal(file_write(path, "mine", 4, 0600, NULL), 0);
	assert_content(victim, "safe");
	assert_content(path, "mine");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(file_read(fifo, 10, &b, &e), -1);
	assert_string_equal(e.id, "file-type");
	err_fini(&e);
	assert_int_equal(mkdir(part, 0700), 0);
	assert_int_equal(file_write(path, "more", 4, 0600, &e), -1);
	assert_content(path, "mine");
	err_fini(&e);
	free(fifo);
	free(victim);
	free(part);
	free(path);
}

static void test_mkdirs(void **state)
{
	char *deep = file_join(dir, "x/y/z");
	char *file = file_join(dir, "file");
	char *below = file_join(dir, "file/sub");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(file_mkdirs(deep, NULL), 0);
	assert_int_equal(file_mkdirs(deep, NULL), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(chmod(deep, 0777), 0);
	assert_int_equal(file_mkdirs(deep, &e), -1);
	assert_string_equal(e.id, "folder-unsafe");
	assert_int_equal(file_write(file, "", 0, 0600, NULL), 0);
	assert_int_equal(file_mkdirs(below, &e), -1);
	assert_string_equal(e.id, "folder-type");
	assert_string_equal(e.hint, "rename or remove it, or choose another folder");
	err_fini(&e);
	free(deep);
	free(file);
	free(below);
}

static void test_remove_tree(void **state)
{
	char *top = file_join(dir, "t");
	char *sub = file_join(dir, "t/a/b");
	char *file = file_join(dir, "t/a/b/f");
	char *outside = file_join(dir, "outside");
	char *link = file_join(dir, "t/a/link");
	char *a = file_join(dir, "t/a");

	(void)state;
	assert_int_equal(file_mkdirs(sub, NULL), 0);
	assert_int_equal(file_write(file, "x", 1, 0400, NULL), 0);
	assert_int_equal(file_mkdirs(outside, NULL), 0);
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(chmod(sub, 0), 0);
	assert_int_equal(chmod(a, 0500), 0);
	assert_int_equal(file_remove_tree(top, NULL), 0);
	assert_false(file_exists(top));
	assert_true(file_exists(outside));
	assert_int_equal(file_remove_tree(top, NULL), 0);
	free(top);
	free(sub);
	free(file);
	free(outside);
	free(link);
	free(a);
}

static void test_names(void **state)
{
	char *s;

	(void)state;
	s = file_join("/a/", "b");
	assert_string_equal(s, "/a/b");
	free(s);
	s = file_dirname("/a");
	assert_string_equal(s, "/");
	free(s);
	s = file_dirname("a");
	assert_string_equal(s, ".");
	free(s);
	s = file_dirname("/a/b");
	assert_string_equal(s, "/a");
	free(s);
	assert_string_equal(file_basename("/a/b"), "b");
	s = file_absolute("/x");
	assert_string_equal(s, "/x");
	free(s);
}

static int open_twice(const char *path, unsigned intent)
{
	int fd = file_open(path, intent);
	int failed = errno;

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : failed;
}

static void test_intents(void **state)
{
	char *path = file_join(dir, "f"), *link = file_join(dir, "link"), *fifo = file_join(dir, "fifo");
	struct stat st;
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(open_twice(path, FILE_READ), ENOENT);
	assert_int_equal(open_twice(path, FILE_WRITE), ENOENT);
	assert_int_equal(open_twice(path, FILE_APPEND), ENOENT);
	assert_int_equal(open_twice(path, FILE_NEW), 0);
	assert_int_equal(open_twice(path, FILE_NEW), EEXIST);
	assert_int_equal(open_twice(path, FILE_ENSURE), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_write(path, "abcd", 4, 0600, NULL), 0);
	fd = file_open(path, FILE_APPEND | FILE_READ);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "e", 1), 1);
	assert_int_equal(file_read_at(fd, text, sizeof(text), 2), 3);
	assert_string_equal(text, "cde");
	assert_int_equal(file_read_at(fd, text, sizeof(text), 5), 0);
	close(fd);
	fd = file_open(path, FILE_WRITE);
	assert_int_equal(file_read_at(fd, text, 1, 0), -1);
	assert_int_equal(file_write_at(fd, "X", 1, 1), 0);
	assert_int_equal(file_sync(fd), 0);
	close(fd);
	assert_content(path, "aXcde");
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(open_twice(link, FILE_READ), ELOOP);
	assert_int_equal(open_twice(link, FILE_READ | FILE_FOLLOW), 0);
	assert_int_equal(open_twice(link, FILE_ENSURE | FILE_TRUNCATE), ELOOP);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(open_twice(fifo, FILE_READ), 0); /* without waiting for a writer */
	assert_int_equal(open_twice(fifo, FILE_WRITE), ENXIO);
	assert_int_equal(open_twice(path, FILE_TRUNCATE), 0);
	assert_content(path, "");
	fd = file_open_nameless(dir);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	close(fd);
	assert_int_equal(file_move(path, link), 0);
	assert_int_equal(file_move(path, link), -1);
	assert_int_equal(open_twice(link, FILE_READ), 0);
	free(fifo);
	free(link);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_and_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abandon_keeps_the_old, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_at, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_writers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_writers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_planted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mkdirs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remove_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intents, setup, teardown),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
