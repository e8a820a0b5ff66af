/* SPDX-License-Identifier: MIT */
/*
 * stream: local sockets and loopback TCP on the loop. A write copies its bytes; an ended stream accepts no more,
 * and its owner closes it. What is written before the connection waits here: libuv refuses it on Windows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "host/file.h"

struct loop_stream {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} uv;
	uv_connect_t connect;
	const struct loop_stream_ops *ops;
	void *arg;
	size_t queued;
	struct buf early; /* written while `connecting` */
	bool connecting;
	bool ended;
	bool closed;
	bool held; /* reading is stopped */
	char chunk[LOOP_CHUNK];
};

struct loop_server {
	uv_pipe_t uv;
	void (*fn)(struct loop_stream *s, void *arg);
	void *arg;
	char *path;
};

struct write {
	uv_write_t uv;
	struct loop_stream *stream;
	size_t n;
	char bytes[];
};

static void stream_on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
	struct loop_stream *s = h->data;

	(void)suggested;
	*out = uv_buf_init(s->chunk, sizeof(s->chunk));
}

static void stream_end(struct loop_stream *s)
{
	if (s->ended || s->closed)
		return;
	s->ended = true;
	uv_read_stop(&s->uv.stream);
	if (s->ops && s->ops->ended)
		s->ops->ended(s, s->arg);
}

static void stream_on_read(uv_stream_t *uv, ssize_t n, const uv_buf_t *b)
{
	struct loop_stream *s = uv->data;

	if (n > 0)
		s->ops->data(s, b->base, (size_t)n, s->arg);
	else if (n < 0)
		stream_end(s); /* end of file or reset: both end the stream */
}

static int stream_send(struct loop_stream *s, const void *p, size_t n);

static void stream_on_connect(uv_connect_t *c, int status)
{
	struct loop_stream *s = c->data;

	if (s->closed)
		return;
	s->connecting = false;
	if (status == 0)
		status = uv_read_start(&s->uv.stream, stream_on_alloc, stream_on_read);
	if (status == 0 && s->early.len)
		status = stream_send(s, s->early.data, s->early.len);
	s->queued -= s->early.len; /* stream_send counts its own */
	buf_fini(&s->early);
	if (status < 0)
		s->ended = true;
	if (s->ops->connected)
		s->ops->connected(s, status < 0 ? uv_strerror(status) : NULL, s->arg);
}

static struct loop_stream *stream_new(const struct loop_stream_ops *ops, void *arg)
{
	struct loop_stream *s = xcalloc(1, sizeof(*s));

	s->ops = ops;
	s->arg = arg;
	s->connect.data = s;
	buf_init(&s->early, 0);
	return s;
}

struct loop_stream *loop_stream_connect(struct loop *l, const char *path, const struct loop_stream_ops *ops, void *arg)
{
	AUTO_FREE char *name = file_socket_name(path);
	struct loop_stream *s = stream_new(ops, arg);

	uv_pipe_init(loop_uv(l), &s->uv.pipe, 0);
	s->uv.handle.data = s;
	s->connecting = true;
	uv_pipe_connect(&s->connect, &s->uv.pipe, name, stream_on_connect);
	return s;
}

struct loop_stream *loop_stream_open(struct loop *l, int fd, bool reads, const struct loop_stream_ops *ops, void *arg)
{
	struct loop_stream *s = stream_new(ops, arg);

	uv_pipe_init(loop_uv(l), &s->uv.pipe, 0);
	s->uv.handle.data = s;
	if (uv_pipe_open(&s->uv.pipe, fd) < 0) {
		close(fd);
	} else if (!reads || uv_read_start(&s->uv.stream, stream_on_alloc, stream_on_read) == 0) {
		return s;
	}
	loop_stream_close(s);
	return NULL;
}

void loop_stream_hold(struct loop_stream *s, bool on)
{
	if (s->ended || s->closed || s->held == on)
		return;
	s->held = on;
	if (on)
		uv_read_stop(&s->uv.stream);
	else if (uv_read_start(&s->uv.stream, stream_on_alloc, stream_on_read) < 0)
		stream_end(s);
}

struct loop_stream *loop_stream_connect_tcp(struct loop *l, const char *ip, uint16_t port,
					    const struct loop_stream_ops *ops, void *arg)
{
	struct loop_stream *s = stream_new(ops, arg);
	struct sockaddr_in addr;

	uv_tcp_init(loop_uv(l), &s->uv.tcp);
	s->uv.handle.data = s;
	if (uv_ip4_addr(ip, port, &addr) < 0)
		uv_ip4_addr("127.0.0.1", port, &addr);
	s->connecting = uv_tcp_connect(&s->connect, &s->uv.tcp, (const struct sockaddr *)&addr, stream_on_connect) == 0;
	s->ended = !s->connecting;
	return s;
}

void loop_stream_set(struct loop_stream *s, const struct loop_stream_ops *ops, void *arg)
{
	s->ops = ops;
	s->arg = arg;
	uv_read_start(&s->uv.stream, stream_on_alloc, stream_on_read);
}

static void stream_on_written(uv_write_t *uv, int status)
{
	struct write *w = uv->data;
	struct loop_stream *s = w->stream;

	s->queued -= w->n;
	free(w);
	if (s->closed)
		return;
	if (status < 0)
		stream_end(s);
	else if (!s->queued && s->ops && s->ops->drained)
		s->ops->drained(s, s->arg);
}

/* Returns 0, or libuv's error. */
static int stream_send(struct loop_stream *s, const void *p, size_t n)
{
	struct write *w = xmalloc(sizeof(*w) + n);
	uv_buf_t b = uv_buf_init(w->bytes, (unsigned)n);
	int r;

	w->uv.data = w;
	w->stream = s;
	w->n = n;
	memcpy(w->bytes, p, n);
	r = uv_write(&w->uv, &s->uv.stream, &b, 1, stream_on_written);
	if (r < 0)
		free(w);
	else
		s->queued += n;
	return r;
}

int loop_stream_write(struct loop_stream *s, const void *p, size_t n)
{
	if (s->ended || s->closed)
		return -1;
	if (!s->connecting)
		return stream_send(s, p, n) < 0 ? -1 : 0;
	buf_add(&s->early, p, n);
	s->queued += n;
	return 0;
}

size_t loop_stream_queued(const struct loop_stream *s)
{
	return s->queued;
}

int loop_stream_fd(const struct loop_stream *s)
{
	uv_os_fd_t fd;

	return !s->ended && !s->closed && uv_fileno(&s->uv.handle, &fd) == 0 ? (int)(intptr_t)fd : -1;
}

static void stream_free_stream(uv_handle_t *h)
{
	struct loop_stream *s = h->data;

	buf_fini(&s->early);
	free(s);
}

void loop_stream_close(struct loop_stream *s)
{
	if (!s || s->closed)
		return;
	s->closed = true;
	uv_close(&s->uv.handle, stream_free_stream);
}

static void stream_on_connection(uv_stream_t *uv, int status)
{
	struct loop_server *server = uv->data;
	struct loop_stream *s;

	if (status < 0)
		return;
	s = stream_new(NULL, NULL);
	uv_pipe_init(uv->loop, &s->uv.pipe, 0);
	s->uv.handle.data = s;
	if (uv_accept(uv, &s->uv.stream) < 0)
		loop_stream_close(s);
	else
		server->fn(s, server->arg);
}

static void stream_free_server(uv_handle_t *h)
{
	struct loop_server *server = h->data;

	free(server->path);
	free(server);
}

struct loop_server *loop_listen(struct loop *l, const char *path, void (*fn)(struct loop_stream *s, void *arg),
				void *arg, struct err *e)
{
	AUTO_FREE char *name = file_socket_name(path);
	struct loop_server *server;
	struct stat st;
	mode_t old;
	int r;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		err_set(e, ERR_FAILED, "socket-planted", "%s exists and is not a socket", path);
		return NULL;
	}
	unlink(path);
	server = xcalloc(1, sizeof(*server));
	server->fn = fn;
	server->arg = arg;
	server->path = xstrdup(path);
	uv_pipe_init(loop_uv(l), &server->uv, 0);
	server->uv.data = server;
	old = umask(0177);
	r = uv_pipe_bind(&server->uv, name);
	umask(old);
	if (!r)
		r = uv_listen((uv_stream_t *)&server->uv, 16, stream_on_connection);
	if (r < 0) {
		err_set(e, ERR_FAILED, "socket-listen", "cannot listen on %s: %s", path, uv_strerror(r));
		uv_close((uv_handle_t *)&server->uv, stream_free_server);
		return NULL;
	}
	return server;
}

void loop_server_close(struct loop_server *s)
{
	if (!s)
		return;
	unlink(s->path);
	uv_close((uv_handle_t *)&s->uv, stream_free_server);
}
