/* SPDX-License-Identifier: MIT */
/* control: the socket's bounds: clients that do not read, too many of them, and the reply to each. */
#include "../lib/await.h"

#include "base/loop.h"
#include "base/mem.h"
#include "machine/frame.h"
#include "supervisor/control.h"

#define CHUNK 65536
#define MIB (1024 * 1024)

struct client {
	struct world *w;
	struct loop_stream *stream;
	struct frame_reader reader;
	size_t console;	  /* bytes that came */
	unsigned answers; /* objects that came */
	bool ended, refused;
};

struct world {
	struct loop *loop;
	char *dir, *path;
	struct control *control;
	struct client clients[CONTROL_CLIENTS + 1];
	unsigned gone;
	uint64_t first; /* the client that asked who it is */
	bool (*until)(struct world *w);
};

static bool on_request(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	struct world *w = arg;

	(void)request;
	if (!strcmp(op, "progress"))
		control_subscribe(w->control, t.client, CONTROL_PROGRESS);
	else if (!strcmp(op, "subscribe"))
		control_subscribe(w->control, t.client, CONTROL_STATES | CONTROL_PROGRESS | CONTROL_CONSOLE);
	else if (!strcmp(op, "who"))
		w->first = t.client;
	else
		return false;
	control_answer(w->control, t, NULL, NULL);
	return true;
}

static void on_gone(uint64_t client, void *arg)
{
	(void)client;
	((struct world *)arg)->gone++;
}

static const struct control_ops control_ops = {
	.request = on_request,
	.gone = on_gone,
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = ERR_INIT;

	w->loop = loop_new();
	w->dir = check_tmpdir();
	w->path = file_join(w->dir, "control");
	w->control = control_new(w->loop, w->path, &control_ops, w, &e);
	assert_non_null(w->control);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i <= CONTROL_CLIENTS; i++) {
		loop_stream_close(w->clients[i].stream);
		frame_fini(&w->clients[i].reader);
	}
	control_free(w->control);
	loop_free(w->loop);
	free(w->path);
	check_rmdir(w->dir);
	free(w);
	return 0;
}

static bool holds(void *arg)
{
	struct world *w = arg;

	return w->until(w);
}

static void await(struct world *w, bool (*until)(struct world *w))
{
	w->until = until;
	check_await(w->loop, holds, w);
}

/* ---- clients ---- */

static int on_frame(uint8_t type, const char *payload, size_t n, void *arg)
{
	struct client *k = arg;

	if (type == FRAME_CONSOLE)
		k->console += n;
	else
		k->answers++;
	k->refused |= type == FRAME_JSON && strstr(payload, "\"refused\"") && strstr(payload, "\"busy\"");
	return 0;
}

static void on_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	struct client *k = arg;

	(void)s;
	assert_int_equal(frame_feed(&k->reader, p, n, on_frame, k), 0);
}

static void on_ended(struct loop_stream *s, void *arg)
{
	(void)s;
	((struct client *)arg)->ended = true;
}

static void on_connected(struct loop_stream *s, const char *error, void *arg)
{
	(void)s;
	(void)arg;
	assert_null(error);
}

static const struct loop_stream_ops client_ops = {.connected = on_connected, .data = on_data, .ended = on_ended};

static void say(struct client *k, const char *op)
{
	struct buf b;
	json_t *o = json_pack("{s:s, s:i, s:b}", "op", op, "id", 1, "console", 1);

	buf_init(&b, 0);
	frame_put_json(&b, o);
	loop_stream_write(k->stream, b.data, b.len);
	buf_fini(&b);
	json_decref(o);
}

static struct client *join(struct world *w, size_t i, const char *op)
{
	struct client *k = &w->clients[i];

	k->w = w;
	frame_init(&k->reader, FRAME_ANSWER_MAX);
	k->stream = loop_stream_connect(w->loop, w->path, &client_ops, k);
	say(k, op);
	return k;
}

static bool first_answered(struct world *w)
{
	return w->clients[0].answers > 0;
}

static bool both_subscribed(struct world *w)
{
	return w->clients[0].answers > 1 && w->clients[1].answers;
}

/* The first, who reads nothing from now on, and a second that does. */
static void one_slow_one_quick(struct world *w)
{
	join(w, 0, "who");
	await(w, first_answered);
	say(&w->clients[0], "subscribe");
	join(w, 1, "subscribe");
	await(w, both_subscribed);
	loop_stream_hold(w->clients[0].stream, true);
}

static size_t sent; /* of the console, by await_console */

static bool console_came(struct world *w)
{
	char *chunk;

	if (w->clients[1].console < sent)
		return false;
	if (sent >= 6 * MIB)
		return true;
	chunk = xcalloc(1, CHUNK);
	control_console(w->control, chunk, CHUNK);
	sent += CHUNK;
	free(chunk);
	return false;
}

/* One that does not read misses bytes of the console; it stays, and another misses none. */
static void test_slow_misses_console(void **state)
{
	struct world *w = *state;
	size_t queued;

	one_slow_one_quick(w);
	sent = 0;
	await(w, console_came);
	assert_int_equal(w->clients[1].console, 6 * MIB);
	queued = control_queued(w->control, w->first);
	assert_in_range(queued, MIB / 2, MIB + 2 * CHUNK);
	assert_int_equal(w->gone, 0);
}

static unsigned events;

static bool slow_gone(struct world *w)
{
	char *text = xcalloc(1, CHUNK);

	if (!w->gone && w->clients[1].answers >= 1 + events && events < 1000) {
		memset(text, 'x', CHUNK - 1);
		control_event(w->control, CONTROL_STATES, json_pack("{s:s}", "event", text));
		events++;
	}
	free(text);
	return w->gone || events >= 1000;
}

/* One that leaves 4 MiB of the rest unread goes, another does not notice. */
static void test_slow_is_dropped(void **state)
{
	struct world *w = *state;

	one_slow_one_quick(w);
	events = 0;
	await(w, slow_gone);
	assert_int_equal(w->gone, 1);
	assert_in_range(events, 4 * MIB / CHUNK - 4, 4 * MIB / CHUNK + 16); /* some are the system's */
	assert_false(w->clients[1].ended);
	loop_stream_hold(w->clients[0].stream, false);
}

static bool each_answered(struct world *w)
{
	return w->clients[0].answers && w->clients[1].answers;
}

static bool progress_came(struct world *w)
{
	return w->clients[0].answers == 3 && w->clients[1].answers >= 2;
}

/* A client gets the parts that it subscribed to, and no others. */
static void test_parts(void **state)
{
	struct world *w = *state;

	join(w, 0, "subscribe");
	join(w, 1, "progress");
	await(w, each_answered);
	control_event(w->control, CONTROL_STATES, json_pack("{s:s}", "event", "state"));
	control_event(w->control, CONTROL_PROGRESS, json_pack("{s:s}", "event", "progress"));
	control_console(w->control, "x", 1);
	await(w, progress_came);
	assert_int_equal(w->clients[1].answers, 2);
	assert_int_equal(w->clients[1].console, 0);
}

static bool all_answered(struct world *w)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (!w->clients[i].answers)
			return false;
	return true;
}

static bool last_refused(struct world *w)
{
	return w->clients[CONTROL_CLIENTS].refused;
}

static bool first_again(struct world *w)
{
	return w->clients[0].answers > 1;
}

static bool one_gone(struct world *w)
{
	return w->gone == 1;
}

/* One client too many gets an error; a place that is left is free for the next. */
static void test_too_many(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		join(w, i, "hello");
	await(w, all_answered);
	join(w, CONTROL_CLIENTS, "hello");
	await(w, last_refused);
	assert_int_equal(w->clients[CONTROL_CLIENTS].answers, 1);
	assert_int_equal(w->gone, 0);
	say(&w->clients[0], "who");
	await(w, first_again);
	loop_stream_close(w->clients[3].stream);
	frame_fini(&w->clients[3].reader);
	w->clients[3] = (struct client){0};
	await(w, one_gone);
	join(w, 3, "hello");
	await(w, all_answered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slow_misses_console, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
