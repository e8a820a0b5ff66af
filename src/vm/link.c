/* SPDX-License-Identifier: MIT */
/* link: see include/vm/link.h. */
#include "vm/link.h"

#include <stdlib.h>

#include "base/mem.h"
#include "host/fdpass.h"

#define RETRY_MS 20

struct vm_link {
	struct loop *loop;
	char *path;
	uint64_t deadline;
	const struct vm_link_ops *ops;
	void *arg;
	struct loop_stream *stream;
	struct loop_timer *timer;
	bool up;
};

static void try(struct vm_link *k);

static void on_retry(void *arg)
{
	struct vm_link *k = arg;

	loop_timer_stop(k->timer);
	k->timer = NULL;
	try(k);
}

static void on_connected(struct loop_stream *s, const char *error, void *arg)
{
	struct vm_link *k = arg;

	if (!error) {
		k->up = true;
		k->ops->up(k->arg);
		return;
	}
	loop_stream_close(s);
	k->stream = NULL;
	if (loop_now(k->loop) < k->deadline)
		k->timer = loop_timer_start(k->loop, RETRY_MS, 0, on_retry, k);
	else
		k->ops->down(error, k->arg);
}

static void on_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	k->ops->data(p, n, k->arg);
}

static void on_ended(struct loop_stream *s, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	k->up = false;
	k->ops->down(NULL, k->arg);
}

static void on_drained(struct loop_stream *s, void *arg)
{
	struct vm_link *k = arg;

	(void)s;
	if (k->ops->drained)
		k->ops->drained(k->arg);
}

static const struct loop_stream_ops stream_ops = {
	.connected = on_connected, .data = on_data, .ended = on_ended, .drained = on_drained,
};

static void try(struct vm_link *k)
{
	k->stream = loop_stream_connect(k->loop, k->path, &stream_ops, k);
}

struct vm_link *vm_link_open(struct loop *l, const char *path, uint64_t patience_ms,
			     const struct vm_link_ops *ops, void *arg)
{
	struct vm_link *k = xcalloc(1, sizeof(*k));

	k->loop = l;
	k->path = xstrdup(path);
	k->deadline = loop_now(l) + patience_ms;
	k->ops = ops;
	k->arg = arg;
	try(k);
	return k;
}

bool vm_link_is_up(const struct vm_link *k)
{
	return k && k->up;
}

int vm_link_write(struct vm_link *k, const void *p, size_t n)
{
	return vm_link_is_up(k) ? loop_stream_write(k->stream, p, n) : -1;
}

int vm_link_write_fd(struct vm_link *k, const void *p, size_t n, int fd)
{
	if (!vm_link_is_up(k) || loop_stream_queued(k->stream))
		return -1;
	return host_send_fd(loop_stream_fd(k->stream), fd, p, n);
}

size_t vm_link_queued(const struct vm_link *k)
{
	return k->stream ? loop_stream_queued(k->stream) : 0;
}

void vm_link_close(struct vm_link *k)
{
	if (!k)
		return;
	loop_timer_stop(k->timer);
	loop_stream_close(k->stream);
	free(k->path);
	free(k);
}
