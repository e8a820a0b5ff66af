/* SPDX-License-Identifier: MIT */
/* screen: the terminal's viewers, the keyboard and their requests (screen.h). */
#include "screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "console/console.h"
#include "console/find.h"
#include "console/view.h"
#include "machine/frame.h"

#define FRAME_MS 33
#define BEHIND_MAX 65536   /* bytes unread by a client before its updates are held back */
#define LINES_MAX 1000	   /* of the scrollback in one answer … */
#define LINES_BYTES 262144 /* … and their bytes */
#define TYPE_MAX 8192	   /* bytes in one request */

struct screen_viewer {
	uint64_t client; /* 0: this place is free */
	uint64_t since;	 /* stamp of the last update sent */
	uint64_t turn;	 /* when it last took the keyboard, as a count; 0: it only watches */
};

struct sup_screen {
	struct loop *loop;
	struct control *control;
	struct console *console;
	struct screen_viewer viewers[CONTROL_CLIENTS];
	unsigned count;
	uint64_t typist; /* the client that types, with the latest turn; 0: none */
	uint64_t turns;
	struct loop_timer *timer;
	uint64_t sent; /* when updates were last sent */
	sup_screen_write_fn write;
	void *arg;
};

struct sup_screen *sup_screen_new(struct loop *l, int rows, int cols, sup_screen_write_fn write, void *arg)
{
	struct sup_screen *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->console = console_new(rows > 0 ? rows : 24, cols > 0 ? cols : 80, HISTORY_LINES);
	s->write = write;
	s->arg = arg;
	return s;
}

void sup_screen_serve(struct sup_screen *s, struct control *control)
{
	s->control = control;
}

void sup_screen_free(struct sup_screen *s)
{
	if (!s)
		return;
	loop_timer_stop(s->timer);
	console_free(s->console);
	free(s);
}

/* Updates */

static struct screen_viewer *screen_find(struct sup_screen *s, uint64_t client)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (client && s->viewers[i].client == client)
			return &s->viewers[i];
	}
	return NULL;
}

static void screen_send_update(struct sup_screen *s, struct screen_viewer *v)
{
	struct buf b;

	if (v->since >= console_stamp(s->console) || control_queued(s->control, v->client) > BEHIND_MAX)
		return;
	buf_init(&b, 0);
	view_pack(&b, s->console, v->since);
	v->since = console_stamp(s->console);
	control_send(s->control, v->client, FRAME_SCREEN, b.data, b.len);
	buf_fini(&b);
}

/* Sends what changed to each viewer. Returns whether anything had changed. */
static bool screen_send_updates(struct sup_screen *s)
{
	bool any = false;

	s->sent = loop_now(s->loop);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (!s->viewers[i].client || s->viewers[i].since >= console_stamp(s->console))
			continue;
		any = true;
		screen_send_update(s, &s->viewers[i]);
	}
	return any;
}

static void screen_on_frame_time(void *arg);

static void screen_changed(struct sup_screen *s)
{
	uint64_t now = loop_now(s->loop);

	if (!s->count || s->timer)
		return;
	if (now - s->sent >= FRAME_MS)
		screen_send_updates(s);
	else
		s->timer = loop_timer_start(s->loop, s->sent + FRAME_MS - now, 0, screen_on_frame_time, s);
}

static void screen_on_frame_time(void *arg)
{
	struct sup_screen *s = arg;

	loop_timer_stop(s->timer);
	s->timer = NULL;
	screen_send_updates(s);
}

void sup_screen_drained(struct sup_screen *s, uint64_t client)
{
	struct screen_viewer *v = screen_find(s, client);

	if (v && v->since < console_stamp(s->console))
		screen_changed(s);
}

/* The guest's side */

void sup_screen_writable(struct sup_screen *s)
{
	struct buf *out = console_out(s->console);

	if (out->len && s->write(out->data, out->len, s->arg))
		buf_clear(out);
}

void sup_screen_feed(struct sup_screen *s, const char *p, size_t n)
{
	console_feed(s->console, p, n);
	sup_screen_writable(s);
	screen_changed(s);
}

void sup_screen_replay(struct sup_screen *s, const char *p, size_t n)
{
	console_feed(s->console, p, n);
	buf_clear(console_out(s->console));
}

/* Requests. They return NULL when done, or why not; `more` takes the values of the answer. */

static void screen_choose_typist(struct sup_screen *s)
{
	uint64_t latest = 0;

	s->typist = 0;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (s->viewers[i].client && s->viewers[i].turn > latest) {
			latest = s->viewers[i].turn;
			s->typist = s->viewers[i].client;
		}
	}
}

static void screen_send_typing(struct sup_screen *s)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		uint64_t client = s->viewers[i].client;
		json_t *o;

		if (!client)
			continue;
		o = json_pack("{s:s, s:b, s:b, s:i}", "event", "typing", "you", client == s->typist, "anybody",
			      s->typist != 0, "viewers", (int)s->count);
		control_send_json(s->control, client, o);
	}
}

static const char *screen_on_attach(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	struct screen_viewer *v = screen_find(s, client);

	for (size_t i = 0; i < CONTROL_CLIENTS && !v; i++) {
		if (!s->viewers[i].client)
			v = &s->viewers[i];
	}
	if (!v)
		return "too many clients show it already";
	s->count += v->client == 0;
	/* a client that attaches again, because it could not read the screen, keeps its turn */
	*v = (struct screen_viewer){.client = client, .turn = v->client ? v->turn : 0};
	if (json_bool(request, "type", false) && s->typist != client)
		v->turn = ++s->turns;
	screen_choose_typist(s);
	json_object_set_new(more, "rows", json_integer(console_rows(s->console)));
	json_object_set_new(more, "columns", json_integer(console_cols(s->console)));
	screen_send_update(s, v);
	screen_send_typing(s);
	return NULL;
}

static const char *screen_on_take(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	struct screen_viewer *v = screen_find(s, client);

	(void)more;
	if (!v)
		return "it is not attached to the console";
	v->turn = json_bool(request, "type", true) ? ++s->turns : 0;
	screen_choose_typist(s);
	screen_send_typing(s);
	return NULL;
}

/* Returns the text of a request, or NULL with *why. */
static const char *screen_text_of(const json_t *request, size_t *n, const char **why)
{
	const json_t *text = json_object_get(request, "text");

	*n = json_string_length(text);
	if (json_is_string(text) && *n <= TYPE_MAX)
		return json_string_value(text);
	*why = "there is no text of at most 8 KiB in it";
	return NULL;
}

static const char *const not_taken = "the guest does not take what was typed before";

static const char *screen_on_type(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	const char *why = NULL, *text;
	size_t n;

	(void)client;
	(void)more;
	text = screen_text_of(request, &n, &why);
	return !text ? why : console_type(s->console, text, n) < 0 ? not_taken : NULL;
}

static const char *screen_on_paste(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	const char *why = NULL, *text;
	size_t n;

	(void)client;
	(void)more;
	text = screen_text_of(request, &n, &why);
	return !text ? why : console_paste(s->console, text, n) < 0 ? not_taken : NULL;
}

static const char *screen_on_key(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	unsigned modifiers = (unsigned)json_int(request, "modifiers", 0) & 7;

	(void)client;
	(void)more;
	return console_press(s->console, json_str(request, "key", ""), modifiers) < 0
		       ? "there is no such key, or the guest does not take it"
		       : NULL;
}

static int screen_number(const json_t *request, const char *key)
{
	json_int_t v = json_int(request, key, -1);

	return v < 0 || v > 65535 ? -1 : (int)v;
}

static const char *screen_on_click(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	int button = screen_number(request, "button");

	(void)client;
	(void)more;
	if (button < 0 || button > 7)
		return "there is no such button";
	console_click(s->console, screen_number(request, "row"), screen_number(request, "column"), button,
		      json_bool(request, "pressed", true), (unsigned)json_int(request, "modifiers", 0) & 7);
	return NULL;
}

static const char *screen_on_resize(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	int rows = screen_number(request, "rows"), cols = screen_number(request, "columns");

	(void)client;
	(void)more;
	if (rows < CONSOLE_ROWS_MIN || rows > CONSOLE_ROWS_MAX || cols < CONSOLE_COLS_MIN || cols > CONSOLE_COLS_MAX)
		return "there is no such size";
	console_resize(s->console, rows, cols);
	screen_changed(s);
	return NULL;
}

static const char *screen_on_find(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	struct find_place at = {.line = (uint64_t)json_int(request, "line", 0),
				.col = screen_number(request, "column")};
	bool found;

	(void)client;
	found = console_find(s->console, json_str(request, "text", ""), json_bool(request, "back", true), &at);
	json_object_set_new(more, "found", json_boolean(found));
	json_object_set_new(more, "line", json_integer((json_int_t)at.line));
	json_object_set_new(more, "column", json_integer(at.col));
	json_object_set_new(more, "columns", json_integer(at.cols));
	return NULL;
}

static const char *screen_on_clip(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	const struct buf *clip = console_clip(s->console);

	(void)request;
	(void)client;
	json_object_set_new(more, "text", json_stringn(clip->data, clip->len));
	return NULL;
}

/* Sends the lines as a frame of their own before the answer. */
static const char *screen_on_lines(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more)
{
	struct history *h = console_history(s->console);
	uint64_t from = (uint64_t)json_int(request, "from", 0), end;
	json_int_t count = json_int(request, "count", 0);
	const char *p;
	struct buf b;
	size_t n;

	if (count < 0 || count > LINES_MAX)
		count = LINES_MAX;
	if (from < history_first(h))
		from = history_first(h);
	buf_init(&b, 0);
	for (end = from; end < from + (uint64_t)count && b.len < LINES_BYTES; end++) {
		p = history_line(h, end, &n);
		if (!p)
			break;
		buf_add(&b, p, n);
	}
	control_send(s->control, client, FRAME_LINES, b.data, b.len);
	buf_fini(&b);
	json_object_set_new(more, "from", json_integer((json_int_t)from));
	json_object_set_new(more, "count", json_integer((json_int_t)(end - from)));
	json_object_set_new(more, "first", json_integer((json_int_t)history_first(h)));
	json_object_set_new(more, "end", json_integer((json_int_t)history_end(h)));
	return NULL;
}

static const struct {
	const char *op;
	const char *(*fn)(struct sup_screen *s, const json_t *request, uint64_t client, json_t *more);
	bool types; /* only for the client that types */
} requests[] = {
	{"attach", screen_on_attach, false}, {"click", screen_on_click, true},	 {"clip", screen_on_clip, false},
	{"find", screen_on_find, false},     {"key", screen_on_key, true},	 {"lines", screen_on_lines, false},
	{"paste", screen_on_paste, true},    {"resize", screen_on_resize, true}, {"take", screen_on_take, false},
	{"type", screen_on_type, true},
};

bool sup_screen_request(struct sup_screen *s, const char *op, const json_t *request, struct control_ticket t)
{
	struct err e = ERR_INIT;
	const char *why;
	json_t *more;
	size_t i = 0;

	while (i < ARRAY_SIZE(requests) && strcmp(requests[i].op, op) != 0)
		i++;
	if (i == ARRAY_SIZE(requests))
		return false;
	more = json_object();
	if (requests[i].types && s->typist != t.client)
		err_set(&e, ERR_BUSY, "not-typing", "%s",
			s->typist ? "another client has the keyboard" : "this client only watches");
	else if ((why = requests[i].fn(s, request, t.client, more)))
		err_set(&e, ERR_FAILED, why == not_taken ? "not-taken" : "console", "%s", why);
	control_answer(s->control, t, e.kind ? &e : NULL, more);
	err_fini(&e);
	if (requests[i].types)
		sup_screen_writable(s);
	return true;
}

void sup_screen_gone(struct sup_screen *s, uint64_t client)
{
	struct screen_viewer *v = screen_find(s, client);

	if (!v)
		return;
	*v = (struct screen_viewer){0};
	s->count--;
	screen_choose_typist(s);
	if (!s->count) {
		loop_timer_stop(s->timer);
		s->timer = NULL;
	} else {
		screen_send_typing(s);
	}
}
