/* SPDX-License-Identifier: MIT */
/*
 * link: a line by named pipes, whose other end is here as QEMU's would be: open for reading and
 * writing. And host_trim_memory, during which the loop continues.
 */
#include "../lib/check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/fifo.h"
#include "host/memory.h"
#include "machine/link.h"

#define BYTES 3000

struct line {
	char *dir, *path;
	struct loop *loop;
	struct vm_link *link;
	int in, out; /* of the other end: it reads, it writes */
	struct buf got;
	unsigned calls;
	bool up, down, missed;
	struct loop_timer *timer;
};

static int setup(void **state)
{
	struct line *l = xcalloc(1, sizeof(*l));

	l->dir = check_tmpdir();
	l->path = file_join(l->dir, "serial");
	l->loop = loop_new();
	l->in = l->out = -1;
	buf_init(&l->got, 0);
	*state = l;
	return 0;
}

static void hang_up(struct line *l)
{
	if (l->in >= 0)
		close(l->in);
	if (l->out >= 0)
		close(l->out);
	l->in = l->out = -1;
}

static int teardown(void **state)
{
	struct line *l = *state;

	vm_link_close(l->link);
	loop_timer_stop(l->timer);
	loop_free(l->loop);
	hang_up(l);
	buf_fini(&l->got);
	free(l->path);
	check_rmdir(l->dir);
	free(l);
	return 0;
}

static void pick_up(void *arg)
{
	struct line *l = arg;
	char *in = xasprintf("%s.in", l->path), *out = xasprintf("%s.out", l->path);

	loop_timer_stop(l->timer);
	l->timer = NULL;
	l->in = open(in, O_RDWR | O_NONBLOCK);
	l->out = open(out, O_RDWR | O_NONBLOCK);
	assert_true(l->in >= 0 && l->out >= 0);
	free(in);
	free(out);
}

static void on_up(void *arg)
{
	struct line *l = arg;

	l->up = true;
	assert_int_equal(vm_link_write(l->link, "keys", 4), 0);
	for (int i = 0; i < BYTES; i++) {
		char c = (char)('a' + i % 26);

		assert_int_equal(write(l->out, &c, 1), 1);
	}
}

static void on_data(const char *p, size_t n, void *arg)
{
	struct line *l = arg;

	l->calls++;
	buf_add(&l->got, p, n);
	if (l->got.len == BYTES)
		hang_up(l);
}

static void on_down(const char *error, void *arg)
{
	struct line *l = arg;

	l->down = true;
	l->missed = error != NULL;
	loop_stop(l->loop);
}

static const struct vm_link_ops ops = {.up = on_up, .data = on_data, .down = on_down};

/* The other end comes later, says much in single bytes, and goes; what it was sent it has. */
static void test_pipes(void **state)
{
	struct line *l = *state;
	char keys[8] = "";
	int spare;

	assert_int_equal(host_fifo_make(l->path, NULL), 0);
	l->link = vm_link_open_pipes(l->loop, l->path, 20000, &ops, l);
	assert_false(vm_link_is_up(l->link));
	l->timer = loop_timer_start(l->loop, 50, 0, pick_up, l);
	loop_run(l->loop);
	assert_true(l->up);
	assert_true(l->down);
	assert_false(l->missed);
	assert_int_equal(l->got.len, BYTES);
	for (size_t i = 0; i < BYTES; i++)
		assert_int_equal(l->got.data[i], 'a' + i % 26);
	assert_true(l->calls < 10); /* not one a byte */
	pick_up(l);		    /* our end of .in is open yet: it keeps what was sent */
	spare = (int)read(l->in, keys, sizeof(keys) - 1);
	assert_int_equal(spare, 4);
	assert_string_equal(keys, "keys");
}

/* A second reader continues where the first was ended. */
static void test_next_reader(void **state)
{
	struct line *l = *state;
	int in, out;
	char text[16] = "";

	assert_int_equal(host_fifo_make(l->path, NULL), 0);
	assert_int_equal(host_fifo_open(l->path, &in, &out), -1); /* no listener */
	pick_up(l);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(host_fifo_open(l->path, &in, &out), 0);
		assert_int_equal(read(in, text, sizeof(text)), i ? 5 : -1);
		close(in);
		close(out);
		assert_int_equal(write(l->out, "lines", 5), 5); /* no SIGPIPE, nothing lost */
	}
	assert_string_equal(text, "lines");
}

static void test_nobody_comes(void **state)
{
	struct line *l = *state;

	assert_int_equal(host_fifo_make(l->path, NULL), 0);
	l->link = vm_link_open_pipes(l->loop, l->path, 60, &ops, l);
	loop_run(l->loop);
	assert_true(l->down && l->missed && !l->up);
}

static void test_planted(void **state)
{
	struct line *l = *state;
	char *out = xasprintf("%s.out", l->path);
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(host_fifo_make(l->path, NULL), 0);
	assert_int_equal(host_fifo_make(l->path, NULL), 0); /* again */
	assert_int_equal(lstat(out, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(host_fifo_remove(l->path, NULL), 0);
	assert_int_equal(lstat(out, &st), -1);
	assert_int_equal(file_write(out, "mine", 4, 0600, NULL), 0);
	assert_int_equal(host_fifo_make(l->path, &e), -1);
	assert_string_equal(e.id, "fifo-planted");
	err_fini(&e);
	assert_int_equal(host_fifo_remove(l->path, &e), -1);
	err_fini(&e);
	assert_int_equal(lstat(out, &st), 0);
	free(out);
}

static void test_trim(void **state)
{
	static char written[] = "data";
	char *heap = xstrdup("heap");

	written[0] = 'D';
	host_trim_memory();
	assert_string_equal(written, "Data");
	assert_string_equal(heap, "heap");
	free(heap);
	test_pipes(state);
	host_trim_memory();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pipes), T(test_next_reader), T(test_nobody_comes), T(test_planted), T(test_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
