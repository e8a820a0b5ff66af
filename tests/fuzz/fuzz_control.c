/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control: bytes as what a client writes to the control socket of a supervisor, with the
 * console's requests behind it: over a real socket. Requests are answered or the client is dropped,
 * what it is sent are whole frames, and it is gone in the end. The first byte says how it is cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/supervisor/screen.h"
#include "base/mem.h"
#include "machine/frame.h"
#include "supervisor/control.h"

#define PATIENCE_MS 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct loop *loop;
	struct control *control;
	struct sup_screen *screen;
	struct loop_stream *client;
	struct frame_reader reader;
	const uint8_t *data;
	size_t size, at;
	bool gone;
};

static void must(int ok)
{
	if (!ok)
		abort();
}

/* The supervisor's side */

static bool request(const char *op, const json_t *o, struct control_ticket t, void *arg)
{
	struct fuzz *f = arg;

	must(json_is_object(o));
	if (!strcmp(op, "subscribe"))
		control_subscribe(f->control, t.client, CONTROL_STATES | CONTROL_PROGRESS | CONTROL_CONSOLE);
	if (!strcmp(op, "subscribe") || !strcmp(op, "kill")) {
		control_answer(f->control, t, NULL, json_pack("{s:s}", "more", "x"));
		return true;
	}
	return sup_screen_request(f->screen, op, o, t);
}

static void drained(uint64_t client, void *arg)
{
	sup_screen_drained(((struct fuzz *)arg)->screen, client);
}

static void gone(uint64_t client, void *arg)
{
	struct fuzz *f = arg;

	sup_screen_gone(f->screen, client);
	f->gone = true;
	loop_stop(f->loop);
}

static const struct control_ops control_ops = {
	.request = request,
	.drained = drained,
	.gone = gone,
};

static bool to_guest(const char *p, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return n < 64;
}

/* The client's side */

static void write_more(struct fuzz *f)
{
	size_t step = 1 + f->data[0] * 8u;
	size_t n = f->size - f->at < step ? f->size - f->at : step;

	if (!n) {
		loop_stream_close(f->client);
		f->client = NULL;
		return;
	}
	f->at += n;
	loop_stream_write(f->client, f->data + f->at - n, n);
}

static void on_connected(struct loop_stream *s, const char *error, void *arg)
{
	struct fuzz *f = arg;

	must(!error);
	f->client = s;
	write_more(f);
}

static void on_drained(struct loop_stream *s, void *arg)
{
	(void)s;
	write_more(arg);
}

static int on_frame(uint8_t type, const char *payload, size_t n, void *arg)
{
	json_t *o;

	(void)arg;
	if (type != FRAME_JSON)
		return 0;
	o = json_loadb(payload, n, 0, NULL);
	must(json_is_object(o));
	json_decref(o);
	return 0;
}

static void on_data(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	struct fuzz *f = arg;

	(void)s;
	must(frame_feed(&f->reader, p, n, on_frame, f) == 0);
}

static void on_ended(struct loop_stream *s, void *arg)
{
	struct fuzz *f = arg;

	loop_stream_close(s);
	f->client = NULL;
}

static const struct loop_stream_ops client_ops = {
	.connected = on_connected,
	.data = on_data,
	.ended = on_ended,
	.drained = on_drained,
};

static void on_patience(void *arg)
{
	(void)arg;
	must(0); /* the client was never given up */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = {.data = data, .size = size, .at = 1};
	struct loop_timer *patience;
	char path[64];

	if (size < 2)
		return 0;
	snprintf(path, sizeof(path), "/tmp/debwiz-fuzz-%ld", (long)getpid());
	f.loop = loop_new();
	frame_init(&f.reader, FRAME_ANSWER_MAX);
	f.screen = sup_screen_new(f.loop, 24, 80, to_guest, &f);
	f.control = control_new(f.loop, path, &control_ops, &f, NULL);
	must(f.control != NULL);
	sup_screen_serve(f.screen, f.control);
	sup_screen_feed(f.screen, "login: \x1b[31m\xc3\xa9", 15);
	patience = loop_timer_start(f.loop, PATIENCE_MS, 0, on_patience, &f);
	loop_stream_connect(f.loop, path, &client_ops, &f);
	loop_run(f.loop);
	must(f.gone);
	loop_timer_stop(patience);
	loop_stream_close(f.client);
	control_free(f.control);
	sup_screen_free(f.screen);
	loop_free(f.loop);
	frame_fini(&f.reader);
	return 0;
}
