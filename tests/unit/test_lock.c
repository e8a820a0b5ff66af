/* SPDX-License-Identifier: MIT */
/* host/lock: one holder, named; a dead one does not block; nothing planted is followed. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/lock.h"

static char *tmp, *path;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	path = file_join(tmp, "lock");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(path);
	return 0;
}

/* A process that takes the lock (shared if `what` is NULL), reports that on the pipe and stays. */
static pid_t start_holder(const char *what)
{
	int ends[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct lock *k = what ? lock_take(path, what, NULL) : lock_share(path, NULL);

		if (k && write(ends[1], "y", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(ends[0]);
	return pid;
}

static void end_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_names_holder(void **state)
{
	struct err e = ERR_INIT;
	struct lock *k = lock_take(path, "starting", &e);
	pid_t pid;
	char *who, *want;

	(void)state;
	assert_non_null(k);
	lock_release(k);
	assert_null(lock_holder(path));
	for (int round = 0; round < 100; round++) {
		pid = start_holder("preparing \033[1m");
		assert_null(lock_take(path, "x", &e));
		assert_int_equal(e.kind, ERR_BUSY);
		want = xasprintf("(pid %ld: preparing ?[1m)", (long)pid);
		assert_non_null(strstr(e.text, want));
		free(want);
		who = lock_holder(path);
		want = xasprintf("pid %ld: preparing ?[1m", (long)pid);
		assert_string_equal(who, want);
		free(want);
		free(who);
		end_holder(pid);
		assert_null(lock_holder(path));
		k = lock_take(path, "next", &e);
		assert_non_null(k);
		lock_release(k);
	}
	err_fini(&e);
}

static void test_shared(void **state)
{
	struct err e = ERR_INIT;
	pid_t a = start_holder(NULL);
	pid_t b = start_holder(NULL);
	struct lock *k = lock_share(path, &e);

	(void)state;
	assert_non_null(k);
	assert_null(lock_holder(path)); /* none exclusive */
	lock_release(k);
	assert_null(lock_take(path, "removing", &e));
	assert_string_equal(e.id, "busy");
	end_holder(a);
	assert_null(lock_take(path, "removing", &e));
	end_holder(b);
	k = lock_take(path, "removing", &e);
	assert_non_null(k);
	assert_null(lock_share(path, &e));
	assert_int_equal(e.kind, ERR_BUSY);
	lock_release(k);
	err_fini(&e);
}

static void expect_unsafe(void)
{
	struct err e = ERR_INIT;

	assert_null(lock_take(path, "x", &e));
	assert_string_equal(e.id, "lock-unsafe");
	assert_null(lock_share(path, &e));
	assert_string_equal(e.id, "lock-unsafe");
	assert_null(lock_holder(path));
	err_fini(&e);
	assert_int_equal(remove(path), 0);
}

static void test_planted(void **state)
{
	char *other = file_join(tmp, "other");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(file_write(other, "precious", 8, 0600, NULL), 0);
	assert_int_equal(symlink(other, path), 0);
	expect_unsafe();
	assert_int_equal(link(other, path), 0);
	expect_unsafe();
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_unsafe();
	assert_int_equal(mkdir(path, 0700), 0);
	expect_unsafe();
	assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
	chmod(path, 0666);
	expect_unsafe();
	if (geteuid() == 0) {
		assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
		assert_int_equal(chown(path, 1, 1), 0);
		expect_unsafe();
	}
	assert_null(lock_holder(path));
	assert_false(file_exists(path));	   /* looking makes no file */
	struct lock *k = lock_take(path, "x", &e); /* the control */
	assert_non_null(k);
	lock_release(k);
	free(other);
}

/* A text that lies decides nothing. */
static void test_stale_text(void **state)
{
	struct err e = ERR_INIT;
	char *text = xasprintf("%ld lies\n", (long)getpid());
	struct lock *k;

	(void)state;
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	assert_null(lock_holder(path));
	k = lock_take(path, "x", &e);
	assert_non_null(k);
	lock_release(k);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_holder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_planted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_text, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
