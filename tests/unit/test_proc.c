/* SPDX-License-Identifier: MIT */
/* host/proc: output whole and before the end, errors in words, children that outlive us. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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

#include "base/mem.h"
#include "host/fdpass.h"
#include "host/file.h"
#include "host/proc.h"
#include "host/proc_priv.h"
#include "tests/lib/check.h"

#define SH(script) ((char *const[]){"sh", "-c", (char *)(script), NULL})

struct outlived {
	pthread_t first;
	int pipe[2];
};

struct seen {
	struct buf out, err;
	unsigned ends; /* output streams that told their end */
	unsigned ended;
	int64_t status;
	int signal;
	struct loop *loop;
};

static void on_output(int fd, const char *p, size_t n, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(s->ended, 0);
	if (n)
		buf_add(fd == 1 ? &s->out : &s->err, p, n);
	else
		s->ends++;
}

static void on_ended(int64_t status, int signum, void *arg)
{
	struct seen *s = arg;

	s->ended++;
	s->status = status;
	s->signal = signum;
}

static void run(struct seen *s, struct proc_conf *conf)
{
	struct loop *l = loop_new();
	struct err e = ERR_INIT;

	*s = (struct seen){.loop = l};
	buf_init(&s->out, 0);
	buf_init(&s->err, 0);
	conf->ended = on_ended;
	conf->arg = s;
	assert_non_null(proc_start(l, conf, &e));
	loop_run(l);
	loop_free(l);
	assert_int_equal(s->ended, 1);
}

static void done(struct seen *s)
{
	buf_fini(&s->out);
	buf_fini(&s->err);
}

static void test_output(void **state)
{
	struct seen s;
	struct proc_conf conf = {
		.argv = SH("cat; echo oops >&2; head -c 1000000 /dev/zero; exit 3"),
		.output = on_output,
		.stdin_text = true,
		.input = "hello",
		.input_len = 5,
	};

	(void)state;
	run(&s, &conf);
	assert_int_equal(s.out.len, 1000005);
	assert_memory_equal(s.out.data, "hello", 5);
	assert_string_equal(s.err.data, "oops\n");
	assert_int_equal(s.ends, 2);
	assert_int_equal(s.status, 3);
	assert_int_equal(s.signal, 0);
	done(&s);
}

/* Input without a reader ends neither us nor the wait. */
static void test_unread_input(void **state)
{
	struct seen s;
	char *big = xcalloc(1, 4000000);
	struct proc_conf conf = {.argv = SH("exit 0"), .stdin_text = true, .input = big, .input_len = 4000000};

	(void)state;
	run(&s, &conf);
	assert_int_equal(s.status, 0);
	done(&s);
	free(big);
}

static void test_signal(void **state)
{
	struct seen s;
	struct proc_conf conf = {.argv = SH("kill -TERM $$"), .output = on_output};

	(void)state;
	run(&s, &conf);
	assert_int_equal(s.signal, SIGTERM);
	done(&s);
}

/* A grandchild that keeps the output open delays nothing for long. */
static void test_grandchild(void **state)
{
	struct seen s;
	struct proc_conf conf = {.argv = SH("(exec 2>&1; sleep 5) & echo $!"), .output = on_output};
	long pid;

	(void)state;
	run(&s, &conf);
	assert_int_equal(s.status, 0);
	pid = strtol(s.out.data, NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0); /* it was still there */
	done(&s);
}

/* The child's standard input is empty, and nothing else of ours is open in it. */
static void test_descriptors(void **state)
{
	struct seen s;
	struct proc_conf conf = {
		.argv = SH("cat; for fd in 3 4 5 6 7 8 9 20; do [ ! -e /proc/self/fd/$fd ] || "
			   "[ -d /proc/self/fd/$fd ] || echo $fd; done; sh -c 'true <&20' 2>/dev/null && "
			   "echo open"),
		.output = on_output,
	};
	int fd = open("/dev/zero", O_RDONLY); /* not close-on-exec, on purpose */

	(void)state;
	assert_int_equal(dup2(fd, 20), 20);
	run(&s, &conf);
	assert_string_equal(s.out.data, "");
	done(&s);
	close(fd);
	close(20);
}

static void test_missing(void **state)
{
	struct loop *l = loop_new();
	struct err e = ERR_INIT;
	struct proc_conf conf = {
		.argv = (char *const[]){"debwiz-no-such", NULL}, .output = on_output, .ended = on_ended};

	(void)state;
	assert_null(proc_start(l, &conf, &e));
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.id, "exec-missing");
	conf.argv = SH("exit 0");
	conf.dir = "/nowhere";
	assert_null(proc_start(l, &conf, &e));
	assert_string_equal(e.id, "exec-failed");
	loop_run(l);
	loop_free(l);
	err_fini(&e);
}

static void test_run(void **state)
{
	struct err e = ERR_INIT;
	struct buf out;

	(void)state;
	assert_int_equal(proc_run(SH("echo fine"), 100, &out, &e), 0);
	assert_string_equal(out.data, "fine\n");
	buf_fini(&out);
	assert_int_equal(proc_run(SH("printf 'a\\033[1m\\nb\\nc\\nd\\n' >&2; exit 4"), 100, &out, &e), -1);
	assert_string_equal(e.id, "exec-status");
	assert_string_equal(e.text, "sh ended with status 4: a?[1m; b; c");
	assert_int_equal(proc_run(SH("while echo xxxxxxxxxxxxxxxx; do :; done"), 1000, &out, &e), -1);
	assert_string_equal(e.id, "exec-output");
	assert_int_equal(proc_run(SH("kill -9 $$"), 0, NULL, &e), -1);
	assert_string_equal(e.id, "exec-signal");
	err_fini(&e);
}

/* Waits for a whole line in a file that another process writes. */
static char *wait_line(const char *path)
{
	struct buf text;

	for (int i = 0; i < CHECK_LIMIT_MS / 10; i++) {
		if (file_read(path, 4096, &text, NULL) == 0) {
			if (text.len && text.data[text.len - 1] == '\n')
				return text.data;
			buf_fini(&text);
		}
		poll(NULL, 0, 10);
	}
	return NULL;
}

/* A child has the descriptor that it is given as number 3, and no other. */
static void test_detach_inherit(void **state)
{
	char dir[] = "/tmp/debwiz-test-XXXXXX";
	char *log, *line;
	int ends[2], other = dup(1);
	int64_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	log = file_join(dir, "log");
	assert_int_equal(host_socket_pair(ends), 0);
	assert_int_equal(proc_detach(SH("read x <&3; ls -l /proc/$$/fd | grep -c socket >&2; echo it is $x >&3"), log,
				     ends[0], &pid, NULL),
			 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "here\n", 5), 5);
	line = wait_line(log);
	assert_non_null(line);
	assert_string_equal(line, "1\n");
	free(line);
	line = xcalloc(1, 32);
	assert_int_equal(read(ends[1], line, 31), 11);
	assert_string_equal(line, "it is here\n");
	assert_int_equal(read(ends[1], line, 31), 0); /* it ended, and no one else has its end */
	free(line);
	close(ends[1]);
	close(other);
	file_remove_tree(dir, NULL);
	free(log);
}

static void test_detach(void **state)
{
	char dir[] = "/tmp/debwiz-test-XXXXXX";
	char *log, *script, *line;
	struct err e = ERR_INIT;
	struct proc_id id;
	int64_t pid;
	long sid, ppid, got;
	uint64_t cpu, rss;

	(void)state;
	assert_non_null(mkdtemp(dir));
	log = file_join(dir, "log");
	script = xasprintf("read x; trap '' HUP; read -r all </proc/$$/stat; set -- ${all##*) }; "
			   "echo $$ $2 $4 $PWD >&2; exec sleep 60");
	assert_int_equal(proc_detach(SH(script), log, -1, &pid, &e), 0);
	line = wait_line(log);
	assert_non_null(line);
	assert_int_equal(sscanf(line, "%ld %ld %ld", &got, &ppid, &sid), 3);
	assert_int_equal(got, pid);
	assert_int_not_equal(ppid, (long)getpid()); /* init waits for it */
	assert_int_not_equal(sid, (long)getsid(0));
	assert_non_null(strstr(line, " /\n"));
	assert_true(proc_identify(pid, &id));
	assert_true(proc_alive(&id));
	do /* in the middle of its exec it has no memory */
		assert_true(proc_usage(pid, &cpu, &rss));
	while (!rss);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left with us */
	assert_int_equal(errno, ECHILD);
	id.start++;
	assert_false(proc_alive(&id)); /* the same pid, another process */
	proc_signal_kill(&id);
	id.start--;
	assert_true(proc_alive(&id));
	proc_signal_kill(&id);
	for (int i = 0; i < CHECK_LIMIT_MS / 10 && proc_alive(&id); i++)
		poll(NULL, 0, 10);
	assert_false(proc_alive(&id));
	assert_false(proc_usage(pid, &cpu, &rss) && rss);

	assert_int_equal(proc_detach((char *const[]){"debwiz-no-such", NULL}, NULL, -1, &pid, &e), -1);
	assert_string_equal(e.id, "exec-missing");
	chmod(log, 0700); /* not a program */
	assert_int_equal(file_write(log, "\177ELFxx", 6, 0700, NULL), 0);
	assert_int_equal(proc_detach((char *const[]){log, NULL}, NULL, -1, &pid, &e), -1);
	assert_string_equal(e.id, "exec-failed");
	file_remove_tree(dir, NULL);
	free(line);
	free(script);
	free(log);
	err_fini(&e);
}

static void test_identify_self(void **state)
{
	struct proc_id me;
	pid_t child;

	(void)state;
	assert_true(proc_identify(getpid(), &me));
	assert_true(me.start > 0 && me.start <= INT64_MAX);
	assert_true(proc_alive(&me));
	me.pid = 0;
	assert_false(proc_alive(&me));
	child = fork();
	if (child == 0)
		_exit(0);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_false(proc_identify(child, &me)); /* a zombie is not a running process */
	waitpid(child, NULL, 0);
}

/* Reports once the first thread has exited, and then keeps the process running. */
static void *outlive_first_thread(void *arg)
{
	struct outlived *o = arg;
	char c = 0;

	pthread_join(o->first, NULL);
	if (write(o->pipe[1], &c, 1) == 1)
		for (;;)
			pause();
	return NULL;
}

/* A process without its first thread runs until its last thread exits. */
static void test_identify_without_first_thread(void **state)
{
	struct outlived o = {.first = pthread_self()};
	bool runs = true, gone = false;
	struct proc_id id;
	pthread_t thread;
	pid_t child;
	char c;

	(void)state;
	assert_int_equal(pipe(o.pipe), 0);
	child = fork();
	if (child == 0) {
		if (pthread_create(&thread, NULL, outlive_first_thread, &o))
			_exit(1);
		pthread_exit(NULL);
	}
	assert_true(child > 0);
	close(o.pipe[1]);
	assert_int_equal(read(o.pipe[0], &c, 1), 1);
	for (int i = 0; i < 1000 && runs; i++) /* the first thread becomes a zombie after the report */
		runs = proc_identify(child, &id);
	kill(child, SIGKILL);
	while (runs && proc_alive(&id))
		poll(NULL, 0, 1);
	gone = waitpid(child, NULL, runs ? WNOHANG : 0) == child;
	close(o.pipe[0]);
	assert_true(runs);
	assert_true(gone);
}

/* The same pid and time in another boot are another process. */
static void test_start_and_boot(void **state)
{
	uint64_t start = proc_start_of("boot", 4, 77);
	struct proc_id me;

	(void)state;
	assert_int_equal(proc_start_of("boot", 4, 77), start);
	assert_int_not_equal(proc_start_of("boot", 4, 78), start);
	assert_int_not_equal(proc_start_of("root", 4, 77), start);
	assert_true(proc_start_of("boot", 4, UINT64_MAX) <= INT64_MAX);
	assert_int_equal(proc_start_of(NULL, 0, 77), 77); /* the boot is unknown */
	assert_true(proc_identify(getpid(), &me));
	assert_true(proc_of_this_boot(&me));
	me.start = start;
	assert_false(proc_of_this_boot(&me));
	me.start = 0; /* unknown */
	assert_true(proc_of_this_boot(&me));
}

static void count_one(void *arg)
{
	++*(unsigned *)arg;
}

/* Each signal that asks the program to exit is handled without a handle that keeps the loop running, once. */
static void test_exit_signals(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct loop *l = loop_new();
	unsigned calls = 0;
	struct loop_exit *x = loop_exit_start(l, count_one, &calls);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		loop_poll(l);
		assert_int_equal(calls, i);
		raise(numbers[i]);
		loop_poll(l);
		assert_int_equal(calls, i + 1);
	}
	loop_exit_stop(x);
	loop_free(l);
}

/* A signal from a process, which only we receive, ends the program in the foreground, too. */
static void test_foreground_signal(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		AUTO_FREE char *script = xasprintf("kill -%d %ld; exec sleep 1000", numbers[i], (long)getpid());
		char *argv[] = {"sh", "-c", script, NULL};
		int status = 0;

		assert_int_equal(proc_foreground(argv, &status, NULL), 0);
		assert_int_equal(status, 128 + numbers[i]);
		assert_int_equal(proc_foreground_signal(), numbers[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),	      cmocka_unit_test(test_start_and_boot),
		cmocka_unit_test(test_unread_input),  cmocka_unit_test(test_signal),
		cmocka_unit_test(test_grandchild),    cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_missing),	      cmocka_unit_test(test_run),
		cmocka_unit_test(test_detach),	      cmocka_unit_test(test_detach_inherit),
		cmocka_unit_test(test_identify_self), cmocka_unit_test(test_identify_without_first_thread),
		cmocka_unit_test(test_exit_signals),  cmocka_unit_test(test_foreground_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
