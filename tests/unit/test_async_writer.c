/* SPDX-License-Identifier: MIT */
/* async_writer: small files off the loop's thread, in order; and where the disk is full. */
#include "../lib/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "supervisor/async_writer.h"

struct world {
	char *dir, *spare, *record;
	struct loop *loop;
	struct async_writer *writer;
	struct buf told;
};

/* The disk: what all files in `disk` may hold together. Writes of this program and of the core. */
static const char *disk;
static size_t disk_size;

static size_t disk_used(void)
{
	DIR *d = opendir(disk);
	struct dirent *entry;
	struct stat st;
	size_t used = 0;

	while ((entry = readdir(d)))
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			used += (size_t)st.st_size;
	closedir(d);
	return used;
}

ssize_t write(int fd, const void *p, size_t n)
{
	struct stat st;

	if (disk && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && disk_used() + n > disk_size) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, p, n);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->dir = check_tmpdir();
	w->spare = file_join(w->dir, "spare");
	w->record = file_join(w->dir, "record");
	w->loop = loop_new();
	w->writer = async_writer_new(w->loop, w->spare);
	buf_init(&w->told, 0);
	disk = w->dir;
	disk_size = 1 << 20;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	disk = NULL;
	async_writer_free(w->writer);
	loop_free(w->loop);
	buf_fini(&w->told);
	free(w->spare);
	free(w->record);
	check_rmdir(w->dir);
	free(w);
	return 0;
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

/* Puts a text and waits until that was tried. */
static void put(struct world *w, const char *text)
{
	async_writer_put(w->writer, w->record, xstrdup(text));
	async_writer_then(w->writer, on_stop, w->loop);
	loop_run(w->loop);
}

static void holds(const struct world *w, const char *path, const char *text)
{
	struct buf b;

	(void)w;
	assert_int_equal(file_read(path, 65536, &b, NULL), 0);
	assert_string_equal(b.data, text);
	buf_fini(&b);
}

/* Leaves `room` bytes. */
static void fill(const struct world *w, size_t room)
{
	(void)w;
	disk_size = disk_used() + room;
}

struct reader {
	struct world *w;
	const char *wanted;
};

static void on_read(void *arg)
{
	struct reader *r = arg;

	buf_addf(&r->w->told, "%s ", r->wanted);
	holds(r->w, r->w->record, r->wanted);
}

/* A callback after a text finds that text; of two that wait the later counts. */
static void test_order(void **state)
{
	struct world *w = *state;
	struct reader first = {w, "first"}, last = {w, "last"};

	async_writer_put(w->writer, w->record, xstrdup("first"));
	async_writer_then(w->writer, on_read, &first);
	async_writer_put(w->writer, w->record, xstrdup("between"));
	async_writer_put(w->writer, w->record, xstrdup("last"));
	async_writer_then(w->writer, on_read, &last);
	async_writer_flush(w->writer, on_stop, w->loop);
	loop_run(w->loop);
	assert_string_equal(w->told.data, "first last ");
	assert_false(file_exists(w->spare));
}

/* A disk that got full after the first text: each further one exists, too. */
static void test_full(void **state)
{
	struct world *w = *state;

	put(w, "running");
	assert_true(file_exists(w->spare));
	fill(w, 0);
	put(w, "paused");
	holds(w, w->record, "paused");
	put(w, "running");
	put(w, "paused again, for the same reason");
	put(w, "running");
	put(w, "paused again, for the same reason");
	holds(w, w->record, "paused again, for the same reason");
	async_writer_flush(w->writer, on_stop, w->loop);
	loop_run(w->loop);
	assert_false(file_exists(w->spare));
	holds(w, w->record, "paused again, for the same reason");
}

/* Control: without what was held back the text is lost, and the older one stays whole. */
static void test_full_without_spare(void **state)
{
	struct world *w = *state;

	put(w, "running");
	fill(w, 0);
	assert_int_equal(unlink(w->spare), 0);
	disk_size -= 16384;
	put(w, "paused");
	holds(w, w->record, "running");
}

/* Full from the beginning, then there is room: it is held back from then on. */
static void test_room_later(void **state)
{
	struct world *w = *state;

	put(w, "running");
	async_writer_flush(w->writer, on_stop, w->loop);
	loop_run(w->loop);
	fill(w, 100);
	put(w, "booting");
	holds(w, w->record, "booting");
	assert_false(file_exists(w->spare));
	disk_size = 1 << 20;
	put(w, "running");
	assert_true(file_exists(w->spare));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_without_spare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
