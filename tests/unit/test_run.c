/* SPDX-License-Identifier: MIT */
/* vm/run: what an earlier run left is ended, and no other process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"
#include "machine/run.h"

static char dir[] = "/tmp/dw-run-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

static struct proc_id sleeper(void)
{
	struct proc_id id;
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_true(proc_identify(pid, &id));
	return id;
}

static void record(const struct proc_id *supervisor, const struct proc_id *qemu)
{
	char *path = file_join(dir, "run.json");
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I}", "state", "booting", "supervisor_pid",
			      (json_int_t)supervisor->pid, "supervisor_start", (json_int_t)supervisor->start,
			      "qemu_pid", (json_int_t)qemu->pid, "qemu_start", (json_int_t)qemu->start);

	assert_int_equal(json_write(path, o, NULL), 0);
	json_decref(o);
	free(path);
}

/* Signal that ended the child, 0 while it lives. */
static int ended_by(const struct proc_id *id)
{
	int status;

	if (waitpid((pid_t)id->pid, &status, WNOHANG) != (pid_t)id->pid)
		return 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void end_child(const struct proc_id *id)
{
	kill((pid_t)id->pid, SIGKILL);
	waitpid((pid_t)id->pid, NULL, 0);
}

static void nothing_recorded(void **state)
{
	(void)state;
	assert_int_equal(vm_run_end(dir, NULL), 0);
}

static void both_are_ended(void **state)
{
	struct proc_id a = sleeper();
	struct proc_id b = sleeper();
	struct err e = ERR_INIT;

	(void)state;
	record(&a, &b);
	assert_int_equal(vm_run_end(dir, &e), 0);
	assert_int_equal(ended_by(&a), SIGKILL);
	assert_int_equal(ended_by(&b), SIGKILL);
}

/* The pid belongs to another process since, or its start was never known. */
static void others_are_left_alone(void **state)
{
	struct proc_id real = sleeper();
	struct proc_id gone = {.pid = 0, .start = 0};
	struct proc_id other = {.pid = real.pid, .start = real.start + 1};
	struct proc_id unknown = {.pid = real.pid, .start = 0};

	(void)state;
	record(&gone, &other);
	assert_int_equal(vm_run_end(dir, NULL), 0);
	record(&other, &gone);
	assert_int_equal(vm_run_end(dir, NULL), 0);
	record(&gone, &unknown);
	assert_int_equal(vm_run_end(dir, NULL), 0);
	assert_int_equal(ended_by(&real), 0);
	end_child(&real);
}

/* A machine that was killed under a version whose record had no name for that. */
static void killed_earlier(void **state)
{
	AUTO_FREE char *path = file_join(dir, "run.json");
	json_t *o = json_pack("{s:s, s:s, s:s}", "state", "off", "cause", "killed", "cause_id", "");
	struct vm_run run;

	(void)state;
	assert_int_equal(json_write(path, o, NULL), 0);
	json_decref(o);
	assert_int_equal(vm_run_read(dir, &run, NULL), 0);
	assert_int_equal(run.cause_id, VM_CAUSE_KILLED);
	vm_run_fini(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_recorded),
		cmocka_unit_test(both_are_ended),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(killed_earlier),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
