/* SPDX-License-Identifier: MIT */
/* link: connects to sockets, pipes and ports as soon as they exist (include/machine/link.h). */
#include "machine/link.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/psk.h"
#include "host/fdpass.h"
#include "host/fifo.h"
#include "host/file.h"
#include "host/line.h"

#define RETRY_MS 20
#define REST_MS 10 /* between two reads of a pipe, so that single bytes do not cause a wake-up each */

struct vm_link {
	struct loop *loop;
	char *path;
	char *dir, *name; /* of a line; NULL: a socket by its path */
	uint64_t deadline;
	const struct vm_link_ops *ops;
	void *arg;
	struct loop_stream *stream;
	struct loop_stream *out; /* of pipes: for writing */
	struct loop_timer *timer;
	struct host_line line;
	struct psk *psk; /* the session of a TCP line, from the connection on */
	bool feeding;	 /* callbacks of link_feed run, and it frees the link if one has closed it */
	bool closed;
	bool up;
};

static void link_try(struct vm_link *k);

static void link_on_retry(void *arg)
{
	struct vm_link *k = arg;

	loop_timer_stop(k->timer);
	k->timer = NULL;
	link_try(k);
}

/* Retries later, or gives up: the other end does not exist yet. */
static void link_missed(struct vm_link *k, const char *error)
{
	loop_stream_close(k->stream);
	loop_stream_close(k->out);
	k->stream = k->out = NULL;
	psk_free(k->psk);
	k->psk = NULL;
	loop_timer_stop(k->timer);
	k->timer = NULL;
	if (loop_now(k->loop) < k->deadline)
		k->timer = loop_timer_start(k->loop, RETRY_MS, 0, link_on_retry, k);
	else
		k->ops->down(error, k->arg);
}

/* Whoever listens there does not complete the session. */
static void link_on_silent(void *arg)
{
	link_missed(arg, "the other end does not have the key");
}

/* Sends what the session has to send. */
static void link_flush(struct vm_link *k, struct buf *out)
{
	if (out->len)
		loop_stream_write(k->stream, out->data, out->len);
}

static void link_free(struct vm_link *k)
{
	psk_free(k->psk);
	free(k->path);
	free(k->dir);
	free(k->name);
	free(k);
}

/* Takes bytes of a TCP line. */
static void link_feed(struct vm_link *k, const char *p, size_t n)
{
	AUTO_BUF struct buf plain = {0}, out = {0};
	bool bad = psk_feed(k->psk, p, n, &plain, &out) < 0;

	link_flush(k, &out);
	k->feeding = true;
	if (!k->up && psk_is_ready(k->psk)) {
		k->up = true;
		loop_timer_stop(k->timer);
		k->timer = NULL;
		k->ops->up(k->arg);
	}
	if (!k->closed && plain.len)
		k->ops->data(plain.data, plain.len, k->arg);
	k->feeding = false;
	if (k->closed) {
		link_free(k);
	} else if (bad && k->up) {
		k->up = false;
		loop_stream_hold(k->stream, true);
		k->ops->down(NULL, k->arg);
	} else if (bad) {
		link_missed(k, "the other end does not have the key");
	}
}

static void link_begin_session(struct vm_link *k)
{
	uint64_t now = loop_now(k->loop);

	host_line_end_by_reset(loop_stream_fd(k->stream));
	k->psk = psk_new(k->line.key);
	if (!k->psk) {
		link_missed(k, "the line's key cannot be read");
		return;
	}
	k->timer = loop_timer_start(k->loop, k->deadline > now ? k->deadline - now : 0, 0, link_on_silent, k);
	link_feed(k, NULL, 0);
}

static void link_is_up(struct vm_link *k)
{
	k->up = true;
	k->ops->up(k->arg);
}

static void link_on_connected(struct loop_stream *s, const char *error, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	if (error)
		link_missed(k, error);
	else if (k->line.kind == HOST_LINE_TCP)
		link_begin_session(k);
	else
		link_is_up(k);
}

static void link_on_rested(void *arg)
{
	struct vm_link *k = arg;

	loop_timer_stop(k->timer);
	k->timer = NULL;
	loop_stream_hold(k->stream, false);
}

static void link_on_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	struct vm_link *k = arg;

	if (k->psk) {
		link_feed(k, p, n);
		return;
	}
	if (k->line.kind == HOST_LINE_PIPES) {
		/* if there is more, others get their turn before it */
		loop_stream_hold(s, true);
		k->timer = loop_timer_start(k->loop, n < LOOP_CHUNK ? REST_MS : 0, 0, link_on_rested, k);
	}
	k->ops->data(p, n, k->arg);
}

static void link_on_ended(struct loop_stream *s, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	if (!k->up) {
		link_missed(k, "the other end closed the connection");
		return;
	}
	k->up = false;
	k->ops->down(NULL, k->arg);
}

static void link_on_drained(struct loop_stream *s, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	if (k->ops->drained)
		k->ops->drained(k->arg);
}

static const struct loop_stream_ops stream_ops = {
	.connected = link_on_connected,
	.data = link_on_data,
	.ended = link_on_ended,
	.drained = link_on_drained,
};

static const struct loop_stream_ops out_ops = {.drained = link_on_drained};

static void link_try_pipes(struct vm_link *k)
{
	int in, out;

	if (host_fifo_open(k->path, &in, &out) == 0) {
		k->stream = loop_stream_open(k->loop, in, true, &stream_ops, k);
		k->out = loop_stream_open(k->loop, out, false, &out_ops, k);
	}
	if (k->stream && k->out)
		link_is_up(k);
	else
		link_missed(k, "no one has opened it");
}

/* Finds the line before each attempt: a QEMU that is started again has other ports. */
static void link_find(struct vm_link *k)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (k->dir && host_line_find(k->dir, k->name, &k->line, &e) < 0)
		log_msg("vm", "%s", e.text); /* the attempt fails without a key or a port */
}

static void link_try(struct vm_link *k)
{
	link_find(k);
	if (k->line.kind == HOST_LINE_PIPES)
		link_try_pipes(k);
	else if (k->line.kind == HOST_LINE_TCP)
		k->stream = loop_stream_connect_tcp(k->loop, "127.0.0.1", k->line.port, &stream_ops, k);
	else
		k->stream = loop_stream_connect(k->loop, k->path, &stream_ops, k);
}

static struct vm_link *link_new(struct loop *l, const char *path, uint64_t patience_ms, const struct vm_link_ops *ops,
				void *arg)
{
	struct vm_link *k = xcalloc(1, sizeof(*k));

	k->loop = l;
	k->path = xstrdup(path);
	k->deadline = loop_now(l) + patience_ms;
	k->ops = ops;
	k->arg = arg;
	return k;
}

struct vm_link *vm_link_open(struct loop *l, const char *path, uint64_t patience_ms, const struct vm_link_ops *ops,
			     void *arg)
{
	struct vm_link *k = link_new(l, path, patience_ms, ops, arg);

	link_try(k);
	return k;
}

struct vm_link *vm_link_open_line(struct loop *l, const char *dir, const char *name, uint64_t patience_ms,
				  const struct vm_link_ops *ops, void *arg)
{
	AUTO_FREE char *path = file_join(dir, name);
	struct vm_link *k = link_new(l, path, patience_ms, ops, arg);

	k->dir = xstrdup(dir);
	k->name = xstrdup(name);
	k->timer = loop_timer_start(l, 0, 0, link_on_retry, k);
	return k;
}

static struct loop_stream *link_outward(const struct vm_link *k)
{
	return k->out ? k->out : k->stream;
}

bool vm_link_is_up(const struct vm_link *k)
{
	return k && k->up;
}

int vm_link_write(struct vm_link *k, const void *p, size_t n)
{
	AUTO_BUF struct buf out = {0};

	if (!vm_link_is_up(k) || (k->psk && psk_write(k->psk, p, n, &out) < 0))
		return -1;
	return k->psk ? loop_stream_write(k->stream, out.data, out.len) : loop_stream_write(link_outward(k), p, n);
}

bool vm_link_takes_fd(const struct vm_link *k)
{
	return vm_link_is_up(k) && k->line.kind == HOST_LINE_SOCKET;
}

int vm_link_write_fd(struct vm_link *k, const void *p, size_t n, int fd)
{
	if (!vm_link_takes_fd(k) || loop_stream_queued(k->stream))
		return -1;
	return host_send_fd(loop_stream_fd(k->stream), fd, p, n);
}

size_t vm_link_queued(const struct vm_link *k)
{
	return link_outward(k) ? loop_stream_queued(link_outward(k)) : 0;
}

void vm_link_close(struct vm_link *k)
{
	if (!k)
		return;
	loop_timer_stop(k->timer);
	loop_stream_close(k->stream);
	loop_stream_close(k->out);
	k->closed = true;
	if (!k->feeding)
		link_free(k);
}
