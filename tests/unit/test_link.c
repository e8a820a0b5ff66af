/* SPDX-License-Identifier: MIT */
/*
 * link: a line by named pipes, whose other end is here as QEMU's would be: open for reading and
 * writing; and one by TCP, whose other end is a process with QEMU's key, another one, or none. And host_trim_memory,
 * during which the loop continues.
 */
#include "../lib/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "host/fifo.h"
#include "host/line.h"
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
	l->link = vm_link_open_line(l->loop, l->dir, "serial", 20000, &ops, l);
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
	l->link = vm_link_open_line(l->loop, l->dir, "serial", 60, &ops, l);
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

/* ---- TCP ---- */

static char server_key[HASH_HEX];
static bool quiet_client; /* it sends nothing */

static unsigned give_key(SSL *ssl, const char *user, unsigned char *key, unsigned max)
{
	(void)ssl;
	(void)max;
	assert_string_equal(user, "debwiz");
	return hash_from_hex(server_key, key) ? HASH_SIZE : 0;
}

/* The other end, a process: one client, to which it writes a greeting when its session is complete, or in clear. It
 * ends with the number of the client's bytes of which it understood all to be "keys", 99: not one was. */
static pid_t serve(uint16_t port, bool clear)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, client;
	char got[1024] = "";
	ssize_t n = 0;
	SSL_CTX *ctx;
	pid_t pid;
	SSL *ssl;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid) {
		close(fd);
		return pid;
	}
	client = accept(fd, NULL, NULL);
	if (clear) {
		(void)!write(client, "greeting", 8);
		while ((n = read(client, got, sizeof(got) - 1)) > 0 && !memmem(got, (size_t)n, "keys", 4))
			;
		_exit(n > 0 ? (int)n : 99);
	}
	ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_psk_server_callback(ctx, give_key);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, client);
	if (SSL_accept(ssl) == 1) {
		for (int i = 0; i < 8; i++)
			SSL_write(ssl, &"greeting"[i], 1);
		while (n < 4 && !quiet_client &&
		       SSL_read(ssl, got + n, sizeof(got) - 1 - (size_t)n) == 1) /* a byte a record */
			n++;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	/* a client that goes away without a word does so by a reset */
	if (quiet_client)
		_exit(read(client, got, 1) < 0 && errno == ECONNRESET ? 5 : 99);
	_exit(n == 4 && !strcmp(got, "keys") ? 4 : 99);
}

static void tcp_on_up(void *arg)
{
	struct line *l = arg;

	l->up = true;
	assert_false(vm_link_takes_fd(l->link));
	assert_int_equal(vm_link_write(l->link, "keys", 4), 0);
}

static void tcp_on_data(const char *p, size_t n, void *arg)
{
	buf_add(&((struct line *)arg)->got, p, n);
}

static const struct vm_link_ops tcp_ops = {.up = tcp_on_up, .data = tcp_on_data, .down = on_down};

static void quiet_on_up(void *arg)
{
	((struct line *)arg)->up = true;
}

/* Closes the link from within its callback. */
static void quiet_on_data(const char *p, size_t n, void *arg)
{
	struct line *l = arg;

	tcp_on_data(p, n, arg);
	if (l->got.len < 8)
		return;
	vm_link_close(l->link);
	l->link = NULL;
	loop_stop(l->loop);
}

static const struct vm_link_ops quiet_ops = {.up = quiet_on_up, .data = quiet_on_data, .down = on_down};

/* Creates the lines as for a QEMU and returns where the line qmp is. */
static struct host_line create_tcp(struct line *l)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	struct host_line at;
	char *value;

	setenv("DEBWIZ_LINES", "tcp", 1);
	for (size_t i = 0; i < 2; i++) {
		value = host_line_chardev(i ? "qmp" : "serial", "unused");
		strv_add(&argv, value);
		free(value);
	}
	unsetenv("DEBWIZ_LINES");
	assert_int_equal(host_lines_create(l->dir, &argv, NULL), 0);
	assert_int_equal(host_line_find(l->dir, "qmp", &at, NULL), 0);
	assert_int_equal(at.kind, HOST_LINE_TCP);
	value = xasprintf("socket,id=qmp,host=127.0.0.1,port=%u,server=on,wait=off,nodelay=on,tls-creds=lines",
			  (unsigned)at.port);
	assert_string_equal(argv.items[1], value);
	free(value);
	return at;
}

static int outcome(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Connects while the given process serves; returns its status. */
static int connect_tcp(struct line *l, uint64_t patience, const struct host_line *at, bool clear)
{
	pid_t pid = serve(at->port, clear);

	l->link = vm_link_open_line(l->loop, l->dir, "qmp", patience, &tcp_ops, l);
	loop_run(l->loop);
	vm_link_close(l->link);
	l->link = NULL;
	return outcome(pid);
}

static void test_tcp(void **state)
{
	struct line *l = *state;
	struct host_line at = create_tcp(l);
	char *keys = file_join(l->dir, "keys.psk");
	struct stat st;

	assert_int_equal(stat(keys, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	memcpy(server_key, at.key, sizeof(at.key));
	assert_int_equal(connect_tcp(l, 20000, &at, false), 4);
	assert_true(l->up && l->down && !l->missed);
	assert_int_equal(l->got.len, 8);
	assert_memory_equal(l->got.data, "greeting", 8);
	assert_int_equal(host_lines_remove(l->dir, NULL), 0);
	assert_int_equal(stat(keys, &st), -1);
	assert_int_equal(host_line_find(l->dir, "qmp", &at, NULL), 0);
	assert_int_equal(at.kind, HOST_LINE_SOCKET);
	free(keys);
}

/* QEMU does not notice an orderly end on a port that its guest does not read. */
static void test_tcp_reset(void **state)
{
	struct line *l = *state;
	struct host_line at = create_tcp(l);
	pid_t pid;

	memcpy(server_key, at.key, sizeof(at.key));
	quiet_client = true;
	pid = serve(at.port, false);
	quiet_client = false;
	l->link = vm_link_open_line(l->loop, l->dir, "qmp", 20000, &quiet_ops, l);
	loop_run(l->loop);
	assert_true(l->up && !l->down && !l->link);
	loop_run(l->loop); /* what was closed is closed */
	assert_int_equal(outcome(pid), 5);
}

/* Another user's program on the port: with a key of its own, or without any. */
static void test_tcp_impostor(void **state)
{
	struct line *l = *state;
	struct host_line at = create_tcp(l);

	memset(server_key, 'a', sizeof(server_key) - 1);
	assert_int_equal(connect_tcp(l, 300, &at, false), 99);
	assert_true(!l->up && l->down && l->missed && !l->got.len);
	l->down = l->missed = false;
	assert_int_equal(connect_tcp(l, 300, &at, true), 99);
	assert_true(!l->up && l->down && l->missed && !l->got.len);
}

/* A folder that has lost the key connects to nothing. */
static void test_tcp_no_key(void **state)
{
	struct line *l = *state;
	char *keys = file_join(l->dir, "keys.psk");

	create_tcp(l);
	assert_int_equal(file_write(keys, "debwiz:12\n", 10, 0600, NULL), 0);
	l->link = vm_link_open_line(l->loop, l->dir, "qmp", 50, &tcp_ops, l);
	loop_run(l->loop);
	assert_true(!l->up && l->down && l->missed);
	free(keys);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pipes), T(test_next_reader), T(test_nobody_comes), T(test_planted),    T(test_trim),
		T(test_tcp),   T(test_tcp_reset),   T(test_tcp_impostor), T(test_tcp_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
