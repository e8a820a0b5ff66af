/* SPDX-License-Identifier: MIT */
/* host/proc: how a process ended, on each host. This program starts itself. */
#include "../lib/await.h"

#include <signal.h>

#include "base/mem.h"
#include "host/proc.h"

struct end {
	int64_t status;
	int signal;
	bool ended;
};

static const char *self;

static void on_ended(int64_t status, int signum, void *arg)
{
	*(struct end *)arg = (struct end){status, signum, true};
}

static bool has_ended(void *arg)
{
	return ((struct end *)arg)->ended;
}

static struct end end_of(const char *how)
{
	char *argv[] = {(char *)self, (char *)how, NULL};
	struct end end = {0};
	struct proc_conf conf = {.argv = argv, .ended = on_ended, .arg = &end};
	struct loop *l = loop_new();
	struct err e = ERR_INIT;

	assert_non_null(proc_start(l, &conf, &e));
	check_await(l, has_ended, &end);
	loop_free(l);
	return end;
}

static void test_exit(void **state)
{
	struct end end = end_of("exit");

	(void)state;
	assert_int_equal(end.signal, 0);
	assert_int_equal(end.status, 7);
}

static void test_crash(void **state)
{
	struct end end = end_of("crash");

	(void)state;
	assert_int_equal(end.signal, SIGSEGV);
}

static void crash(void)
{
	int *volatile nowhere = (int *)(uintptr_t)64; /* unknown to the compiler, which would warn */

	proc_leave_no_core();
	*nowhere = 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_crash),
	};

	if (argc > 1 && !strcmp(argv[1], "crash"))
		crash();
	if (argc > 1)
		return 7;
	self = argv[0];
	setenv("ASAN_OPTIONS", "handle_segv=0", 1); /* of the children */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
