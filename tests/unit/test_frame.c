/* SPDX-License-Identifier: MIT */
/* frame: what goes over the control socket, cut anywhere; and the run record and request files. */
#include "../lib/check.h"

#include <sys/resource.h>

#include "base/mem.h"
#include "machine/conlog.h"
#include "machine/frame.h"
#include "machine/run.h"

struct got {
	struct buf text;
	size_t stop_after;
};

static int on_frame(uint8_t type, const char *payload, size_t n, void *arg)
{
	struct got *g = arg;

	assert_int_equal(payload[n], '\0');
	buf_addf(&g->text, "%c%zu:%s\n", type, n, payload);
	return g->stop_after && --g->stop_after == 0 ? -1 : 0;
}

static int feed(struct got *g, const struct buf *b, size_t step, size_t max)
{
	struct frame_reader r;
	int result = 0;

	frame_init(&r, max);
	for (size_t at = 0; !result && at < b->len; at += step)
		result = frame_feed(&r, b->data + at, b->len - at < step ? b->len - at : step, on_frame, g);
	frame_fini(&r);
	return result;
}

static void test_frames(void **state)
{
	json_t *o = json_pack("{s:s}", "op", "hello");
	struct got g = {.stop_after = 0};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	frame_put_json(&b, o);
	frame_put(&b, 'C', "", 0);
	frame_put(&b, 'C', "abc", 3);
	assert_memory_equal(b.data,
			    "\0\0\0\x0fJ{\"op\":\"hello\"}\0\0\0\x01"
			    "C\0\0\0\x04"
			    "Cabc",
			    b.len);
	for (size_t step = 1; step <= b.len; step++) {
		buf_init(&g.text, 0);
		assert_int_equal(feed(&g, &b, step, 100), 0);
		assert_string_equal(g.text.data, "J14:{\"op\":\"hello\"}\nC0:\nC3:abc\n");
		buf_fini(&g.text);
	}
	json_decref(o);
	buf_fini(&b);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"\0\0\0\0J", "\xff\xff\xff\xffJ", "\0\0\0\x65J", "GET /"};
	struct got g = {.stop_after = 0};

	(void)state;
	buf_init(&g.text, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct buf b;

		buf_init(&b, 0);
		buf_add(&b, bad[i], 5);
		assert_int_equal(feed(&g, &b, 1, 100), -1);
		buf_fini(&b);
	}
	assert_int_equal(g.text.len, 0);
	buf_fini(&g.text);
}

static void test_stopped(void **state)
{
	struct got g = {.stop_after = 2};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_init(&g.text, 0);
	for (int i = 0; i < 5; i++)
		frame_put(&b, 'C', "x", 1);
	assert_int_equal(feed(&g, &b, b.len, 100), -1);
	assert_string_equal(g.text.data, "C1:x\nC1:x\n");
	buf_fini(&g.text);
	buf_fini(&b);
}

static void test_request(void **state)
{
	char *dir = check_tmpdir();
	char *path = file_join(dir, "request");
	struct vm_request r = {.name = "n",
			       .dir = dir,
			       .runtime_dir = "/r",
			       .what = "w",
			       .accel = "tcg",
			       .seed = "s",
			       .known_hosts = "k",
			       .ssh_host = "h",
			       .login_timeout = 600000,
			       .start_timeout = 7,
			       .configuring = true};
	struct err e = ERR_INIT;
	struct vm_request got;

	(void)state;
	strv_add(&r.argv, "qemu");
	strv_add(&r.argv, "a \"b\"\n, c");
	assert_int_equal(vm_request_write(&r, path, &e), 0);
	assert_int_equal(vm_request_read(&got, path, &e), 0);
	assert_true(strv_equal(&r.argv, &got.argv));
	assert_string_equal(got.name, "n");
	assert_string_equal(got.dir, dir);
	assert_string_equal(got.runtime_dir, "/r");
	assert_string_equal(got.what, "w");
	assert_string_equal(got.accel, "tcg");
	assert_string_equal(got.seed, "s");
	assert_string_equal(got.known_hosts, "k");
	assert_string_equal(got.ssh_host, "h");
	assert_int_equal(got.login_timeout, 600000);
	assert_int_equal(got.start_timeout, 7);
	assert_true(got.configuring);
	vm_request_fini(&got);
	strv_add(&r.argv, "\xff");
	assert_int_equal(vm_request_write(&r, path, &e), -1);
	assert_string_equal(e.id, "not-utf8");
	assert_int_equal(file_write(path, "{\"format\": 2}", 13, 0600, NULL), 0);
	assert_int_equal(vm_request_read(&got, path, &e), -1);
	assert_string_equal(e.id, "request-bad");
	err_fini(&e);
	strv_fini(&r.argv);
	free(path);
	check_rmdir(dir);
}

static void write_run(const char *dir, const char *text)
{
	char *path = file_join(dir, "run.json");

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	free(path);
}

static void test_run_record(void **state)
{
	char *dir = check_tmpdir();
	struct err e = ERR_INIT;
	struct vm_run run;
	char *text;

	(void)state;
	assert_int_equal(vm_run_read(dir, &run, &e), 0); /* never ran */
	assert_int_equal(run.state, VM_OFF);
	assert_false(run.alive);
	vm_run_fini(&run);
	/* says running, its processes are gone */
	write_run(dir, "{\"state\": \"running\", \"supervisor_pid\": 999999999, \"qemu_pid\": 999999998}");
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_FAILED);
	assert_int_equal(run.cause_id, VM_CAUSE_LOST);
	assert_non_null(strstr(run.cause, "were killed"));
	vm_run_fini(&run);
	/* likewise, and it began before this host did */
	write_run(dir, "{\"state\": \"running\", \"supervisor_pid\": 999999999, \"supervisor_start\": 77, "
		       "\"cause\": \"paused\"}");
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_FAILED);
	assert_int_equal(run.cause_id, VM_CAUSE_HOST_RESTARTED);
	assert_non_null(strstr(run.cause, "paused; then cut off: this host was restarted"));
	vm_run_fini(&run);
	/* a process of that pid that is not the one that was recorded */
	text = xasprintf("{\"state\": \"running\", \"supervisor_pid\": %ld, \"supervisor_start\": 1}", (long)getpid());
	write_run(dir, text);
	free(text);
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_FAILED);
	vm_run_fini(&run);
	/* alive */
	text = xasprintf("{\"state\": \"running\", \"supervisor_pid\": %ld}", (long)getpid());
	write_run(dir, text);
	free(text);
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_RUNNING);
	assert_true(run.alive);
	assert_false(run.orphan);
	vm_run_fini(&run);
	text = xasprintf("{\"state\": \"running\", \"supervisor_pid\": 999999999, \"qemu_pid\": %ld}", (long)getpid());
	write_run(dir, text);
	free(text);
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_RUNNING);
	assert_true(run.alive && run.orphan);
	vm_run_fini(&run);
	write_run(dir, "{\"state\": \"off\", \"cause\": \"stopped\", \"supervisor_pid\": 1}");
	assert_int_equal(vm_run_read(dir, &run, &e), 0);
	assert_int_equal(run.state, VM_OFF);
	assert_false(run.alive);
	assert_string_equal(run.cause, "stopped");
	vm_run_fini(&run);
	write_run(dir, "half a rec");
	assert_int_equal(vm_run_read(dir, &run, &e), -1);
	err_fini(&e);
	check_rmdir(dir);
}

static size_t size_of(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	struct buf b;
	size_t n = 0;

	if (file_read(path, 1 << 24, &b, NULL) == 0) {
		n = b.len;
		buf_fini(&b);
	}
	free(path);
	return n;
}

static void test_console_log(void **state)
{
	char *dir = check_tmpdir();
	char *block = xmalloc(100000);
	struct conlog c;

	(void)state;
	memset(block, 'x', 100000);
	conlog_open(&c, dir, false);
	for (int i = 0; i < 100; i++)
		conlog_write(&c, block, 100000);
	conlog_close(&c);
	assert_int_equal(size_of(dir, "console.log"), 10000000 % CONLOG_MAX);
	assert_int_equal(size_of(dir, "console.log.1"), CONLOG_MAX);
	assert_int_equal(size_of(dir, "console.log.2"), CONLOG_MAX);
	assert_int_equal(size_of(dir, "console.log.3"), 0);
	conlog_open(&c, dir, false); /* the next run */
	conlog_write(&c, "new", 3);
	conlog_close(&c);
	conlog_open(&c, dir, true); /* the same run, by another supervisor */
	conlog_write(&c, "er", 2);
	conlog_close(&c);
	assert_int_equal(size_of(dir, "console.log"), 5);
	assert_int_equal(size_of(dir, "console.log.1"), 10000000 % CONLOG_MAX);
	free(block);
	check_rmdir(dir);
}

/* No file could be made at a turn (here: too many are open): it continues when one can. */
static void test_console_log_again(void **state)
{
	char *dir = check_tmpdir();
	char *block = xmalloc(CONLOG_MAX);
	struct rlimit was, none;
	struct conlog c;

	(void)state;
	memset(block, 'x', CONLOG_MAX);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
	conlog_open(&c, dir, false);
	conlog_write(&c, "first", 5);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	conlog_write(&c, block, CONLOG_MAX);
	assert_int_equal(c.fd, -1);
	conlog_write(&c, "lost", 4);
	assert_int_equal(c.lost, 5 + 4);
	unlink(c.path); /* valgrind makes the file and then says that too many are open */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	conlog_write(&c, "again", 5);
	assert_int_equal(c.lost, 5 + 4);
	conlog_close(&c);
	assert_int_equal(size_of(dir, "console.log"), 5);
	assert_int_equal(size_of(dir, "console.log.1"), CONLOG_MAX);
	assert_int_equal(size_of(dir, "console.log.2"), 0);
	free(block);
	check_rmdir(dir);
}

static void test_console_log_planted(void **state)
{
	char *dir = check_tmpdir();
	char *target = file_join(dir, "target");
	char *link = file_join(dir, "console.log");
	struct conlog c;

	(void)state;
	assert_int_equal(symlink(target, link), 0);
	conlog_open(&c, dir, false);
	conlog_write(&c, "x", 1);
	conlog_close(&c);
	assert_false(file_exists(target)); /* the link was moved on, not followed */
	assert_int_equal(size_of(dir, "console.log"), 1);
	free(link);
	free(target);
	check_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_run_record),
		cmocka_unit_test(test_console_log),
		cmocka_unit_test(test_console_log_planted),
		cmocka_unit_test(test_console_log_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
