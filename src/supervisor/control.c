/* SPDX-License-Identifier: MIT */
/* control: the control socket's clients, their frames and requests (control.h). */
#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "machine/frame.h"

#define FINISH_MS 1000
#define CONSOLE_BACKLOG (1024 * 1024)

struct control_client {
	struct control *control;
	struct loop_stream *stream; /* NULL: this place is free */
	struct frame_reader reader;
	uint64_t number; /* of this client alone: never used again */
	unsigned parts;	 /* that it subscribed to: enum control_part */
};

struct control {
	struct loop *loop;
	struct loop_server *server;
	struct loop_timer *timer;
	const struct control_ops *ops;
	void *arg;
	struct control_client clients[CONTROL_CLIENTS];
	struct loop_stream *refused[CONTROL_CLIENTS]; /* surplus connections, until they are closed */
	uint64_t last_number;
	void (*finished)(void *arg);
	void *finished_arg;
};

static void control_check_finished(struct control *c);

static void control_drop(struct control_client *k)
{
	loop_stream_close(k->stream);
	k->stream = NULL;
	frame_fini(&k->reader);
	if (k->control->ops->gone)
		k->control->ops->gone(k->number, k->control->arg);
}

static void control_send_bytes(struct control_client *k, const struct buf *b)
{
	if (!k->stream)
		return;
	if (loop_stream_queued(k->stream) + b->len > CONTROL_BACKLOG ||
	    loop_stream_write(k->stream, b->data, b->len) < 0) {
		log_msg("vm", "a client that does not read was dropped");
		control_drop(k);
	}
}

static void control_send_object(struct control_client *k, json_t *v)
{
	struct buf b;

	buf_init(&b, 0);
	frame_put_json(&b, v);
	control_send_bytes(k, &b);
	buf_fini(&b);
	json_decref(v);
}

/* Requests, by name. `answer` has id and ok already. */

static void control_on_hello(struct control_client *k, const json_t *request, json_t *answer)
{
	(void)k;
	(void)request;
	json_object_set_new(answer, "protocol", json_integer(FRAME_PROTOCOL));
	json_object_set_new(answer, "pid", json_integer(getpid()));
}

static const struct {
	const char *name;
	void (*fn)(struct control_client *k, const json_t *request, json_t *answer);
} requests[] = {
	{"hello", control_on_hello},
};

static json_t *control_answer_new(json_int_t id, const struct err *e)
{
	json_t *o = json_pack("{s:I, s:b}", "id", id, "ok", e == NULL);

	if (!e)
		return o;
	json_object_set_new(o, "error", json_string(e->text));
	json_object_set_new(o, "error_id", json_string(e->id));
	json_object_set_new(o, "kind", json_integer(e->kind));
	json_object_set_new(o, "hint", json_string(e->hint ? e->hint : ""));
	return o;
}

static void control_answer_own(struct control_client *k, size_t i, const json_t *request)
{
	json_t *answer = control_answer_new(json_int(request, "id", 0), NULL);

	requests[i].fn(k, request, answer);
	control_send_object(k, answer);
}

static void control_answer_unknown(struct control_client *k, struct control_ticket t)
{
	AUTO_ERR struct err e = ERR_INIT;

	err_set(&e, ERR_USAGE, "request-unknown", "its supervisor does not know this request");
	control_answer(k->control, t, &e, NULL);
}

static int control_on_frame(uint8_t type, const char *payload, size_t n, void *arg)
{
	struct control_client *k = arg;
	json_t *request = type == FRAME_JSON ? json_loadb(payload, n, 0, NULL) : NULL;
	const char *op = json_str(request, "op", NULL);
	struct control_ticket t = {.client = k->number, .id = json_int(request, "id", 0)};
	size_t i = 0;

	if (!op) {
		json_decref(request);
		return -1;
	}
	while (i < ARRAY_SIZE(requests) && strcmp(requests[i].name, op) != 0)
		i++;
	if (i < ARRAY_SIZE(requests))
		control_answer_own(k, i, request);
	else if (!k->control->ops->request(op, request, t, k->control->arg))
		control_answer_unknown(k, t);
	json_decref(request);
	return k->stream ? 0 : -1;
}

static void control_on_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	struct control_client *k = arg;

	(void)s;
	if (k->control->finished)
		return;
	if (frame_feed(&k->reader, p, n, control_on_frame, k) < 0 && k->stream) {
		log_msg("vm", "a client that sent no request was dropped");
		control_drop(k);
	}
}

static void control_on_ended(struct loop_stream *s, void *arg)
{
	struct control_client *k = arg;

	(void)s;
	control_drop(k);
	control_check_finished(k->control);
}

static void control_on_drained(struct loop_stream *s, void *arg)
{
	struct control_client *k = arg;
	struct control *c = k->control;

	(void)s;
	if (c->ops->drained && !c->finished)
		c->ops->drained(k->number, c->arg);
	control_check_finished(c);
}

static const struct loop_stream_ops client_ops = {
	.data = control_on_data,
	.ended = control_on_ended,
	.drained = control_on_drained,
};

static void control_put_refusal(struct buf *b)
{
	json_t *o = json_pack("{s:s, s:i, s:s, s:s}", "event", "refused", "kind", (int)ERR_BUSY, "error_id", "busy",
			      "hint", "close one of its consoles, or wait until another command ends");

	json_object_set_new(o, "error",
			    json_sprintf("%d programs are connected to this machine already", CONTROL_CLIENTS));
	buf_init(b, 0);
	frame_put_json(b, o);
	json_decref(o);
}

static void control_on_refused_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	(void)s, (void)p, (void)n, (void)arg;
}

static void control_on_refused_ended(struct loop_stream *s, void *arg)
{
	struct loop_stream **place = arg;

	loop_stream_close(s);
	*place = NULL;
}

static const struct loop_stream_ops refused_ops = {.data = control_on_refused_data, .ended = control_on_refused_ended};

/* Reports why, and lets the client close: closing here would discard what it has not read yet. */
static void control_refuse_client(struct control *c, struct loop_stream *s)
{
	struct loop_stream **place = NULL;
	struct buf b;

	for (size_t i = 0; i < CONTROL_CLIENTS && !place; i++) {
		if (!c->refused[i])
			place = &c->refused[i];
	}
	if (!place || c->finished) {
		loop_stream_close(s);
		return;
	}
	*place = s;
	loop_stream_set(s, &refused_ops, place);
	control_put_refusal(&b);
	loop_stream_write(s, b.data, b.len);
	buf_fini(&b);
}

static void control_close_refused(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		loop_stream_close(c->refused[i]);
		c->refused[i] = NULL;
	}
}

static void control_on_client(struct loop_stream *s, void *arg)
{
	struct control *c = arg;
	struct control_client *k = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS && !k; i++) {
		if (!c->clients[i].stream)
			k = &c->clients[i];
	}
	if (!k || c->finished) {
		control_refuse_client(c, s);
		return;
	}
	*k = (struct control_client){.control = c, .stream = s, .number = ++c->last_number};
	frame_init(&k->reader, FRAME_REQUEST_MAX);
	loop_stream_set(s, &client_ops, k);
}

struct control *control_new(struct loop *l, const char *path, const struct control_ops *ops, void *arg, struct err *e)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->ops = ops;
	c->arg = arg;
	c->server = loop_listen(l, path, control_on_client, c, e);
	if (!c->server) {
		free(c);
		return NULL;
	}
	return c;
}

int control_listen(struct control *c, const char *path, struct err *e)
{
	struct loop_server *server;

	control_stop_listening(c); /* first: closing removes the path that it listens at */
	server = loop_listen(c->loop, path, control_on_client, c, e);
	c->server = server;
	return server ? 0 : -1;
}

void control_answer(struct control *c, struct control_ticket t, const struct err *e, json_t *more)
{
	json_t *answer = control_answer_new(t.id, e);

	if (more)
		json_object_update(answer, more);
	control_send_json(c, t.client, answer);
	json_decref(more);
}

static struct control_client *control_find(struct control *c, uint64_t client)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].stream && c->clients[i].number == client)
			return &c->clients[i];
	}
	return NULL;
}

void control_send(struct control *c, uint64_t client, uint8_t type, const void *p, size_t n)
{
	struct control_client *k = control_find(c, client);
	struct buf b;

	if (!k)
		return;
	buf_init(&b, 0);
	frame_put(&b, type, p, n);
	control_send_bytes(k, &b);
	buf_fini(&b);
}

void control_send_json(struct control *c, uint64_t client, json_t *o)
{
	struct control_client *k = control_find(c, client);

	if (k)
		control_send_object(k, o);
	else
		json_decref(o);
}

size_t control_queued(struct control *c, uint64_t client)
{
	struct control_client *k = control_find(c, client);

	return k ? loop_stream_queued(k->stream) : 0;
}

void control_subscribe(struct control *c, uint64_t client, unsigned parts)
{
	struct control_client *k = control_find(c, client);

	if (k)
		k->parts |= parts;
}

void control_event(struct control *c, enum control_part part, json_t *event)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].stream && c->clients[i].parts & part)
			control_send_object(&c->clients[i], json_incref(event));
	}
	json_decref(event);
}

void control_console(struct control *c, const char *p, size_t n)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *k = &c->clients[i];

		/* a slow client misses bytes of the console, nothing else */
		if (!k->stream || !(k->parts & CONTROL_CONSOLE) || loop_stream_queued(k->stream) > CONSOLE_BACKLOG)
			continue;
		if (!b.len)
			frame_put(&b, FRAME_CONSOLE, p, n);
		control_send_bytes(k, &b);
	}
	buf_fini(&b);
}

static void control_finish_now(struct control *c)
{
	void (*fn)(void *) = c->finished;
	void *arg = c->finished_arg;

	loop_timer_stop(c->timer);
	c->timer = NULL;
	control_close_refused(c);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].stream)
			control_drop(&c->clients[i]);
	}
	c->finished = NULL;
	fn(arg);
}

static void control_on_finish_timer(void *arg)
{
	control_finish_now(arg);
}

/* Finishes once the timer runs (control_finish was called) and nothing is queued. */
static void control_check_finished(struct control *c)
{
	if (!c->timer)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].stream && loop_stream_queued(c->clients[i].stream))
			return;
	}
	control_finish_now(c);
}

void control_stop_listening(struct control *c)
{
	loop_server_close(c->server);
	c->server = NULL;
}

void control_finish(struct control *c, void (*fn)(void *arg), void *arg)
{
	c->finished = fn;
	c->finished_arg = arg;
	control_stop_listening(c);
	c->timer = loop_timer_start(c->loop, FINISH_MS, 0, control_on_finish_timer, c);
	control_check_finished(c);
}

void control_free(struct control *c)
{
	if (!c)
		return;
	loop_server_close(c->server);
	control_close_refused(c);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].stream)
			control_drop(&c->clients[i]);
	}
	free(c);
}
