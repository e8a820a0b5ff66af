/* SPDX-License-Identifier: MIT */
/* screen: the attach protocol over a real socket: what viewers see, who types, who is slow. */
#include "../lib/await.h"

#include "../../src/supervisor/screen.h"

#include "base/loop.h"
#include "base/mem.h"
#include "console/row.h"
#include "machine/attach.h"
#include "machine/frame.h"

struct world {
	struct loop *loop;
	char *dir;
	struct control *control;
	struct sup_screen *screen;
	struct buf to_guest;
	bool deaf; /* the guest takes nothing */
	struct attach *a, *b;
	unsigned changes;
	size_t raw_bytes;      /* that a client without a view got */
	json_int_t count, end; /* of the lines that were answered last, and of all */
	unsigned found;
	struct find_place place;
	char answer[32]; /* error id of the last answer, "-" none */
	bool (*until)(struct world *w);
	unsigned ended;
};

static bool on_request(const char *op, const json_t *request, struct control_ticket t, void *arg)
{
	struct world *w = arg;

	if (!strcmp(op, "subscribe")) {
		control_subscribe(w->control, t.client, CONTROL_STATES | CONTROL_PROGRESS | CONTROL_CONSOLE);
		control_answer(w->control, t, NULL, json_pack("{s:{s:s}}", "run", "state", "running"));
		return true;
	}
	return sup_screen_request(w->screen, op, request, t);
}

static void on_drained(uint64_t client, void *arg)
{
	sup_screen_drained(((struct world *)arg)->screen, client);
}

static void on_gone(uint64_t client, void *arg)
{
	sup_screen_gone(((struct world *)arg)->screen, client);
}

static const struct control_ops control_ops = {
	.request = on_request,
	.drained = on_drained,
	.gone = on_gone,
};

static bool on_write(const char *p, size_t n, void *arg)
{
	struct world *w = arg;

	return !w->deaf && buf_add(&w->to_guest, p, n) == 0;
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

static void on_changed(void *arg)
{
	((struct world *)arg)->changes++;
}

static void on_state(enum vm_state s, void *arg)
{
	(void)s;
	(void)arg;
}

static void on_progress(const char *state, const json_t *values, void *arg)
{
	(void)state;
	(void)values;
	(void)arg;
}

static void on_ended(enum vm_state s, const char *cause, void *arg)
{
	(void)s;
	(void)cause;
	((struct world *)arg)->ended++;
}

static const struct attach_ops attach_ops = {
	.changed = on_changed,
	.state = on_state,
	.progress = on_progress,
	.ended = on_ended,
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = ERR_INIT;
	char *path;

	w->loop = loop_new();
	w->dir = check_tmpdir();
	path = file_join(w->dir, "control");
	w->screen = sup_screen_new(w->loop, 5, 20, on_write, w);
	w->control = control_new(w->loop, path, &control_ops, w, &e);
	assert_non_null(w->control);
	sup_screen_serve(w->screen, w->control);
	buf_init(&w->to_guest, 0);
	free(path);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	attach_free(w->a);
	attach_free(w->b);
	control_free(w->control);
	sup_screen_free(w->screen);
	loop_free(w->loop);
	buf_fini(&w->to_guest);
	check_rmdir(w->dir);
	free(w);
	return 0;
}

static void feed(struct world *w, const char *text)
{
	sup_screen_feed(w->screen, text, strlen(text));
}

static char *row_of(const struct attach *v, int row)
{
	struct buf b;

	buf_init(&b, 0);
	if (row < attach_view(v)->rows)
		row_text(&b, view_row(attach_view(v), row), 0, attach_view(v)->cols);
	return buf_steal(&b);
}

static bool shows(const struct attach *v, int row, const char *text)
{
	char *got = row_of(v, row);
	bool yes = !strcmp(got, text);

	free(got);
	return yes;
}

static bool a_is_there(struct world *w)
{
	return attach_view(w->a)->rows && attach_types(w->a);
}

static struct attach *attach(struct world *w, bool type)
{
	return attach_new(w->loop, w->dir, w->dir, type, &attach_ops, w);
}

static bool a_shows_world(struct world *w)
{
	return shows(w->a, 1, "world");
}

static void test_attach(void **state)
{
	struct world *w = *state;

	feed(w, "hello\r\n");
	w->a = attach(w, true);
	await(w, a_is_there);
	assert_true(shows(w->a, 0, "hello"));
	assert_int_equal(attach_view(w->a)->rows, 5);
	feed(w, "world");
	await(w, a_shows_world);
	assert_int_equal(attach_view(w->a)->modes.col, 5);
}

static bool guest_got(struct world *w)
{
	return w->to_guest.len >= 5;
}

static bool b_types(struct world *w)
{
	return attach_types(w->b) && !attach_types(w->a);
}

static bool a_types(struct world *w)
{
	return attach_types(w->a) && !attach_types(w->b);
}

static void on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct world *w = arg;

	(void)answer;
	snprintf(w->answer, sizeof(w->answer), "%s", e ? e->id : "-");
}

static bool answered(struct world *w)
{
	return w->answer[0];
}

static void test_typing(void **state)
{
	struct world *w = *state;

	w->a = attach(w, true);
	await(w, a_is_there);
	attach_type(w->a, "ab\003", 3, NULL, NULL);
	attach_key(w->a, "Enter", 0);
	attach_key(w->a, "Nul", 0);
	await(w, guest_got);
	assert_memory_equal(w->to_guest.data, "ab\003\r\0", 5);
	/* the newest that attaches to type types; the other may take it back */
	w->b = attach(w, true);
	await(w, b_types);
	assert_int_equal(attach_count(w->b), 2);
	attach_type(w->a, "x", 1, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "not-typing");
	attach_take(w->a, true);
	await(w, a_types);
	assert_true(attach_anybody_types(w->b));
	w->answer[0] = '\0';
	attach_type(w->a, "x", 1, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "-");
	assert_int_equal(w->to_guest.len, 6);
}

static void test_deaf_guest(void **state)
{
	struct world *w = *state;
	char *text = xmalloc(8192);

	memset(text, 'x', 8192);
	w->a = attach(w, true);
	await(w, a_is_there);
	w->deaf = true;
	for (int i = 0; i < 8; i++) {
		w->answer[0] = '\0';
		attach_type(w->a, text, 8192, on_answer, w);
		await(w, answered);
		assert_string_equal(w->answer, "-");
	}
	w->answer[0] = '\0';
	attach_type(w->a, text, 1, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "not-taken");
	w->deaf = false;
	sup_screen_writable(w->screen);
	assert_int_equal(w->to_guest.len, 65536);
	free(text);
}

static bool line_7_here(struct world *w)
{
	struct cell cells[20];

	return attach_line(w->a, 10, cells, 20) && cells[5].chars[0] == '7';
}

static void on_found(const struct find_place *found, void *arg)
{
	struct world *w = arg;

	w->found++;
	w->place = found ? *found : (struct find_place){.cols = -1};
}

static bool has_found(struct world *w)
{
	return w->found > 0;
}

static void test_scrollback(void **state)
{
	struct world *w = *state;
	struct find_place from = {.line = UINT64_MAX};
	char line[32];

	for (int i = 0; i < 3000; i++) {
		/* a full row before a row of one cell */
		snprintf(line, sizeof(line), "line %-15d%s", i, i % 2 ? "x\r\n" : "\r\n");
		feed(w, line);
	}
	w->a = attach(w, true);
	await(w, a_is_there);
	assert_int_equal(attach_view(w->a)->end, 4496);
	await(w, line_7_here);
	attach_find(w->a, "line 1234", true, &from, on_found, w);
	await(w, has_found);
	assert_int_equal(w->place.line, 1851);
	assert_int_equal(w->place.cols, 9);
	/* of two the later one answers */
	w->found = 0;
	attach_find(w->a, "line 1", true, &from, on_found, w);
	attach_find(w->a, "nowhere", true, &from, on_found, w);
	await(w, has_found);
	assert_int_equal(w->found, 1);
	assert_int_equal(w->place.cols, -1);
}

static void on_raw(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	(void)s;
	(void)p;
	((struct world *)arg)->raw_bytes += n;
}

static void on_raw_connected(struct loop_stream *s, const char *error, void *arg)
{
	struct buf b;
	json_t *o = json_pack("{s:s, s:b}", "op", "attach", "type", 1);

	(void)error;
	buf_init(&b, 0);
	frame_put_json(&b, o);
	loop_stream_write(s, b.data, b.len);
	buf_fini(&b);
	json_decref(o);
	(void)arg;
}

static void on_raw_ended(struct loop_stream *s, void *arg)
{
	(void)s;
	((struct world *)arg)->ended++;
}

static const struct loop_stream_ops raw_ops = {
	.connected = on_raw_connected,
	.data = on_raw,
	.ended = on_raw_ended,
};

static bool flooded(struct world *w)
{
	/* each look feeds a screen of other text */
	static unsigned n;
	char text[200];

	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "\033[H\033[3%um%08u flood of text ", n % 8, n);
		n++;
		feed(w, text);
	}
	return w->changes > 20;
}

/* Updates are at most 30 a second however much comes, and one that watches beside does not notice. */
static void test_flood(void **state)
{
	struct world *w = *state;
	char *path = file_join(w->dir, "control");
	struct loop_stream *raw;
	uint64_t begin;

	w->a = attach(w, true);
	await(w, a_is_there);
	raw = loop_stream_connect(w->loop, path, &raw_ops, w);
	w->changes = 0;
	begin = loop_now(w->loop);
	await(w, flooded);
	/* more: what was on its way, and who types */
	assert_in_range(w->changes, 20, (loop_now(w->loop) - begin) / 33 + 3);
	loop_stream_close(raw);
	free(path);
}

#define WIDE 300

static bool a_is_wide(struct world *w)
{
	return attach_view(w->a)->cols == WIDE && w->raw_bytes;
}

static bool a_changed(struct world *w)
{
	return w->changes > 0;
}

/* A screen of which each cell has other colours than its neighbours, and than those before. */
static void feed_colours(struct world *w, unsigned round)
{
	char cell[32];

	feed(w, "\033[H");
	for (unsigned i = 0; i < 99 * WIDE; i++) {
		snprintf(cell, sizeof(cell), "\033[38;5;%um%c", (i + round) % 256, 'a' + (char)(round % 26));
		feed(w, cell);
	}
	w->changes = 0;
	await(w, a_changed);
}

/* One that does not read has at most 64 KiB and an update before it, while another sees all. */
static void test_slow_viewer(void **state)
{
	struct world *w = *state;
	char *path = file_join(w->dir, "control");
	struct loop_stream *raw = loop_stream_connect(w->loop, path, &raw_ops, w);
	size_t one, most = 0;

	w->a = attach(w, true);
	await(w, a_is_there);
	attach_take(w->a, true);
	attach_resize(w->a, 100, WIDE, NULL, NULL);
	await(w, a_is_wide);
	feed_colours(w, 1);
	w->raw_bytes = 0;
	feed_colours(w, 2);
	while (control_queued(w->control, 1))
		feed_colours(w, 2);
	one = w->raw_bytes;
	assert_true(one > 65536);
	loop_stream_hold(raw, true);
	for (unsigned round = 3; round < 30; round++) {
		feed_colours(w, round);
		if (control_queued(w->control, 1) > most)
			most = control_queued(w->control, 1);
	}
	assert_in_range(most, 65536, 65536 + one);
	loop_stream_close(raw);
	free(path);
}

static bool b_has_it_back(struct world *w)
{
	return attach_types(w->b) && attach_count(w->b) == 1;
}

static bool nobody_types(struct world *w)
{
	return !attach_anybody_types(w->b) && attach_count(w->b) == 1;
}

static bool nobody_of_two_types(struct world *w)
{
	return !attach_anybody_types(w->b) && attach_count(w->b) == 2;
}

/* The keyboard goes back to who had it before, when the one who took it leaves or hands it back. */
static void test_typist_goes(void **state)
{
	struct world *w = *state;

	w->b = attach(w, true);
	w->a = attach(w, true);
	await(w, a_types);
	attach_take(w->a, false);
	await(w, b_types);
	attach_take(w->a, true);
	await(w, a_types);
	attach_free(w->a);
	w->a = NULL;
	await(w, b_has_it_back);
	attach_type(w->b, "x", 1, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "-");
	assert_int_equal(w->to_guest.len, 1);
}

/* One that only looks, or that left the keyboard to others, does not get it back automatically. */
static void test_watcher_stays(void **state)
{
	struct world *w = *state;

	w->b = attach(w, true);
	w->a = attach(w, true);
	await(w, a_types);
	attach_take(w->b, false);
	attach_take(w->a, false);
	await(w, nobody_of_two_types);
	attach_take(w->a, true);
	await(w, a_types);
	attach_free(w->a);
	w->a = NULL;
	await(w, nobody_types);
	attach_type(w->b, "x", 1, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "not-typing");
	assert_int_equal(w->to_guest.len, 0);
}

static void on_count(const struct err *e, const json_t *answer, void *arg)
{
	struct world *w = arg;

	w->count = json_int(answer, "count", -1);
	w->end = json_int(answer, "end", -1);
	on_answer(e, answer, arg);
}

static json_int_t lines_of(struct world *w, json_int_t from, json_int_t count)
{
	w->answer[0] = '\0';
	vm_client_ask(attach_client(w->a), "lines", json_pack("{s:I, s:I}", "from", from, "count", count), on_count, w);
	await(w, answered);
	return w->count;
}

/* Requests in one message are limited: lines, their bytes, text. */
static void test_bounds(void **state)
{
	struct world *w = *state;
	char *text = xmalloc(8193);

	memset(text, 'x', 8193);
	w->a = attach(w, true);
	await(w, a_is_there);
	for (int i = 0; i < 1500; i++)
		feed(w, "line\r\n");
	assert_int_equal(lines_of(w, 0, 10), 10);
	assert_int_equal(lines_of(w, 0, 5000), 1000);
	assert_int_equal(lines_of(w, 0, -1), 1000);
	assert_int_equal(lines_of(w, 1490, 1000), 6);
	assert_int_equal(lines_of(w, 5000, 10), 0);
	w->answer[0] = '\0';
	attach_type(w->a, text, 8193, on_answer, w);
	await(w, answered);
	assert_string_equal(w->answer, "console");
	assert_int_equal(w->to_guest.len, 0);
	attach_resize(w->a, 100, WIDE, NULL, NULL);
	for (unsigned i = 0; i < 5; i++) {
		feed_colours(w, i);
		feed(w, "\033[100H\n");
		for (int row = 0; row < 99; row++)
			feed(w, "\n");
	}
	lines_of(w, 0, 0);
	/* some 500 lines in colours, of which 256 KiB go into one answer */
	assert_in_range(lines_of(w, w->end - 500, 1000), 100, 400);
	free(text);
}

static uint64_t line_wanted;
static char line_text[64];

static bool line_here(struct world *w)
{
	struct cell cells[20];
	struct buf b;

	if (!attach_line(w->a, line_wanted, cells, 20))
		return false;
	buf_init(&b, 0);
	row_text(&b, cells, 0, 20);
	snprintf(line_text, sizeof(line_text), "%s", b.data);
	buf_fini(&b);
	return true;
}

static bool a_is_taller(struct world *w)
{
	return attach_view(w->a)->rows == 15;
}

static bool a_has_it_again(struct world *w)
{
	return attach_view(w->a)->end > line_wanted;
}

/* A taller screen takes lines back; what comes to their numbers later is not what they were. */
static void test_lines_taken_back(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 50; i++)
		feed(w, "old line\r\n");
	w->a = attach(w, true);
	await(w, a_is_there);
	line_wanted = attach_view(w->a)->end - 2;
	await(w, line_here);
	assert_string_equal(line_text, "old line");
	attach_resize(w->a, 15, 20, NULL, NULL);
	await(w, a_is_taller);
	assert_true(attach_view(w->a)->end < line_wanted);
	feed(w, "\033[H\033[J");
	for (int i = 0; i < 50; i++)
		feed(w, "new line\r\n");
	await(w, a_has_it_again);
	await(w, line_here);
	assert_string_equal(line_text, "new line");
}

static bool raw_ended(struct world *w)
{
	return w->ended > 0;
}

static void test_rubbish(void **state)
{
	struct world *w = *state;
	char *path = file_join(w->dir, "control");
	struct loop_stream *raw = loop_stream_connect(w->loop, path, &raw_ops, w);

	w->a = attach(w, true);
	await(w, a_is_there);
	loop_stream_write(raw, "\0\0\0\5Zabcd", 9);
	await(w, raw_ended);
	feed(w, "hello\r\nworld");
	await(w, a_shows_world);
	loop_stream_close(raw);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_attach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_typing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deaf_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scrollback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_viewer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_typist_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watcher_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_taken_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
