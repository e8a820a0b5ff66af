/* SPDX-License-Identifier: MIT */
/* console: keys and pastes in the form that the guest enabled, what is bounded, rows and their packed
 * form, the scrollback's limits, searching, views. What a screen shows is tests/transcript's. */
#include "../lib/check.h"

#include "base/mem.h"
#include "console/find.h"
#include "console/row.h"
#include "console/view.h"

static void feed(struct console *c, const char *text)
{
	console_feed(c, text, strlen(text));
}

static struct console *fed(const char *text)
{
	struct console *c = console_new(5, 20, 100);

	feed(c, text);
	return c;
}

static void assert_out(struct console *c, const char *want)
{
	assert_string_equal(console_out(c)->data, want);
	buf_clear(console_out(c));
}

static void test_keys(void **state)
{
	static const struct {
		const char *before, *key;
		unsigned modifiers;
		const char *want;
	} cases[] = {
		{"", "Up", 0, "\033[A"},
		{"\033[?1h", "Up", 0, "\033OA"},
		{"\033[?1h\033[?1l", "Up", 0, "\033[A"},
		{"", "Up", CONSOLE_CTRL, "\033[1;5A"},
		{"", "Home", 0, "\033[H"},
		{"", "Delete", 0, "\033[3~"},
		{"", "PageUp", 0, "\033[5~"},
		{"", "F1", 0, "\033OP"},
		{"", "F5", 0, "\033[15~"},
		{"", "F12", 0, "\033[24~"},
		{"", "F2", CONSOLE_SHIFT, "\033[1;2Q"},
		{"", "Enter", 0, "\r"},
		{"", "Backspace", 0, "\177"},
		{"", "Tab", CONSOLE_SHIFT, "\033[Z"},
		{"", "Escape", 0, "\033"},
		{"", "Begin", 0, "\033[E"},
		{"\033[?1h", "Begin", 0, "\033OE"},
		{"", "Begin", CONSOLE_CTRL, "\033[1;5E"},
		{"", "KP5", 0, "5"},
		{"\033=", "KP5", 0, "\033Ou"},
		{"\033=\033>", "KP5", 0, "5"},
		{"", "KP\r", 0, "\r"},
		{"\033=", "KP\r", 0, "\033OM"},
		{"\033=", "KP+", 0, "\033Ok"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct console *c = fed(cases[i].before);

		assert_int_equal(console_press(c, cases[i].key, cases[i].modifiers), 0);
		assert_out(c, cases[i].want);
		assert_int_equal(console_press(c, "Nonsense", 0), -1);
		assert_out(c, "");
		console_free(c);
	}
}

static void test_paste(void **state)
{
	struct console *c = fed("");

	(void)state;
	console_paste(c, "a\nb\r\nc\033[201~\t\001d\177", 16);
	assert_out(c, "a\rb\rc[201~\td");
	feed(c, "\033[?2004h");
	console_paste(c, "x\033[201~", 7);
	assert_out(c, "\033[200~x[201~\033[201~");
	console_free(c);
}

static void feed_clip(struct console *c, size_t bytes)
{
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, "\033]52;c;");
	for (size_t i = 0; i < bytes / 3; i++)
		buf_adds(&b, "eHh4"); /* xxx */
	buf_adds(&b, bytes % 3 == 2 ? "eHg=\a" : bytes % 3 ? "eA==\a" : "\a");
	console_feed(c, b.data, b.len);
	buf_fini(&b);
}

/* Titles and clipboard texts of the guest: limited, sanitized, counted; queries are ignored. */
static void test_osc(void **state)
{
	struct console *c = fed("\033]2;a\tb\xe2\x80\xae\033\\\a");
	struct console_modes m;
	char title[400];

	(void)state;
	assert_string_equal(console_title(c), "a b?");
	console_modes(c, &m);
	feed(c, "\033]2;a\nb\rc\a");
	assert_null(strpbrk(console_title(c), "\r\n"));
	assert_int_equal(m.bells, 1);
	assert_int_equal(m.clips, 0);
	memset(title, 't', sizeof(title));
	memcpy(title, "\033]0;", 4);
	title[sizeof(title) - 1] = '\a';
	console_feed(c, title, sizeof(title));
	assert_int_equal(strlen(console_title(c)), CONSOLE_TITLE);
	feed(c, "\033]1;icon\a\033]12;red\a");
	assert_int_equal(strlen(console_title(c)), CONSOLE_TITLE);
	feed_clip(c, CONSOLE_CLIP);
	console_modes(c, &m);
	assert_int_equal(m.clips, 1);
	assert_int_equal(console_clip(c)->len, CONSOLE_CLIP);
	feed_clip(c, CONSOLE_CLIP + 1);
	feed(c, "\033]52;c;?\a\033]52;c;e-_*\a\033]52;c\a\033]52;c;\a");
	console_modes(c, &m);
	assert_int_equal(m.clips, 1);
	assert_int_equal(console_clip(c)->len, CONSOLE_CLIP);
	feed(c, "\033]52;p;YQpiGwdj\a"); /* a LF b ESC BEL c */
	console_modes(c, &m);
	assert_int_equal(m.clips, 2);
	assert_string_equal(console_clip(c)->data, "a\nb??c");
	assert_int_equal(console_out(c)->len, 0);
	console_free(c);
}

static void test_bounds(void **state)
{
	struct console *c = fed("");
	char *big = xmalloc(CONSOLE_OUT);

	(void)state;
	for (int i = 0; i < 100000; i++)
		feed(c, "\033[6n");
	assert_in_range(console_out(c)->len, CONSOLE_REPLIES - 16, CONSOLE_REPLIES);
	memset(big, 'x', CONSOLE_OUT);
	assert_int_equal(console_type(c, big, CONSOLE_OUT), -1);
	assert_int_equal(console_type(c, big, 1000), 0);
	assert_int_equal(console_paste(c, big, CONSOLE_OUT), -1);
	buf_clear(console_out(c));
	feed(c, "\033[6n"); /* answers come again */
	assert_out(c, "\033[1;1R");
	free(big);
	console_free(c);
}

/* A sequence may have 15 numbers; those behind it are left out, and the sequence counts all the same. */
static void test_numbers(void **state)
{
	(void)state;
	for (int n = 1; n < 20; n++) {
		struct console *c = fed("\033[");

		for (int i = 1; i < n; i++)
			feed(c, "0;");
		feed(c, "31mx");
		assert_int_equal(console_row(c, 0)->chars[0], 'x');
		assert_int_equal(console_row(c, 0)->fg, n <= 15 ? CELL_INDEXED | 1 : CELL_DEFAULT);
		console_free(c);
	}
}

static void test_mouse(void **state)
{
	struct console *c = fed("");

	(void)state;
	console_click(c, 1, 2, 1, true, 0);
	assert_out(c, "");
	feed(c, "\033[?1000h\033[?1006h");
	console_click(c, 1, 2, 1, true, 0);
	console_click(c, 1, 2, 1, false, 0);
	console_click(c, 1, 99, 1, true, 0);
	console_click(c, 0, 0, 4, true, 0);
	assert_out(c, "\033[<0;3;2M\033[<0;3;2m\033[<64;1;1M");
	/* a movement is reported where it was asked for, and none is made up for a press elsewhere */
	console_click(c, 2, 2, 0, true, 0);
	assert_out(c, "");
	feed(c, "\033[?1003h");
	console_click(c, 3, 2, 0, true, CONSOLE_SHIFT);
	assert_out(c, "\033[<39;3;4M");
	console_click(c, 1, 1, 3, true, CONSOLE_CTRL | CONSOLE_ALT);
	assert_out(c, "\033[<26;2;2M");
	console_click(c, 1, 2, 0, true, 0);
	console_click(c, 1, 2, 3, false, 0);
	assert_out(c, "\033[<34;3;2M\033[<2;3;2m");
	/* a release is known also where the guest does not ask for the mouse now */
	console_click(c, 1, 2, 1, true, 0);
	feed(c, "\033[?1003l");
	console_click(c, 1, 2, 1, false, 0);
	feed(c, "\033[?1000h");
	console_click(c, 1, 2, 1, true, 0);
	assert_out(c, "\033[<0;3;2M\033[<0;3;2M");
	console_free(c);
}

static void test_rows(void **state)
{
	struct console *c = fed("\033[1;31mAB\033[m \033[48;2;1;2;3mC\033[m\346\227\245e\314\201");
	struct cell cells[20], narrow[6];
	struct buf b, text;
	size_t n;

	(void)state;
	buf_init(&b, 0);
	buf_init(&text, 0);
	row_pack(&b, console_row(c, 0), 20);
	assert_in_range(b.len, 10, 40);
	assert_int_equal(row_unpack(b.data, b.len, cells, 20), b.len);
	assert_memory_equal(cells[0].chars, console_row(c, 0)[0].chars, sizeof(cells[0].chars));
	row_pack(&b, console_row(c, 1), 20); /* what follows is not part of it */
	assert_int_equal(row_unpack(b.data, b.len, cells, 20), b.len - 2);
	b.len -= 2;
	row_text(&text, cells, 0, 20);
	assert_string_equal(text.data, "AB C\346\227\245e\314\201");
	assert_int_equal(cells[0].fg, CELL_INDEXED | 1);
	assert_int_equal(cells[0].attrs, CELL_BOLD);
	assert_int_equal(cells[3].bg, CELL_RGB | 0x010203);
	/* every cut is refused, and a double character is not cut in two */
	for (n = 0; n < b.len; n++)
		assert_int_equal(row_unpack(b.data, n, cells, 20), 0);
	assert_int_equal(row_unpack(b.data, b.len, narrow, 5), b.len);
	assert_int_equal(narrow[4].width, CELL_SINGLE);
	assert_int_equal(narrow[4].chars[0], 0);
	buf_fini(&text);
	buf_fini(&b);
	console_free(c);
}

static void test_row_hostile(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
		{"\x01\x04\x00\x1b\0", 5},	 /* a control character */
		{"\x01\x04\x03x", 4},		 /* no such colour */
		{"\x01\x05\x00xx", 5},		 /* more than there are */
		{"\x01\x03\x00", 3},		 /* a run of none */
		{"\xff\xff\xff\xff\x7f", 5},	 /* a number without end */
		{"\x01\x04\x00\xe2\x80\xae", 6}, /* a direction mark */
		{"\xe9\x07\x04\x00x", 5},	 /* 1001 cells */
	};
	struct cell cells[20];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(row_unpack(bad[i].p, bad[i].n, cells, 20), 0);
	assert_int_equal(row_unpack("\x02\x05\x00\x03\x02", 6, cells, 20), 0);
	assert_int_equal(row_unpack("\x01\x04\x00\x03", 5, cells, 20), 5); /* a half alone */
	assert_int_equal(cells[0].width, CELL_SINGLE);
}

static void test_history(void **state)
{
	struct history *h = history_new(100, 1000);
	size_t n;

	(void)state;
	assert_false(history_pop(h));
	for (int i = 0; i < 250; i++)
		history_push(h, "12345", (size_t)(i % 6));
	assert_int_equal(history_end(h), 250);
	assert_int_equal(history_first(h), 150);
	assert_null(history_line(h, 149, &n));
	assert_null(history_line(h, 250, &n));
	assert_non_null(history_line(h, 249, &n));
	assert_int_equal(n, 249 % 6);
	assert_true(history_pop(h));
	assert_int_equal(history_end(h), 249);
	history_push(h, "", 0);
	for (int i = 0; i < 3; i++) /* its bytes are bounded too */
		history_push(h, (char[400]){0}, 400);
	assert_int_equal(history_end(h) - history_first(h), 2);
	history_clear(h);
	assert_int_equal(history_first(h), 253);
	history_free(h);
}

static void test_find(void **state)
{
	struct console *c = fed("alpha\r\nBeta needle\r\nx\r\ny\r\nz\r\nneedle two Needle\r\n\346\227\245needle");
	struct find_place at = {.line = UINT64_MAX};

	(void)state;
	assert_int_equal(history_end(console_history(c)), 2);
	assert_true(console_find(c, "needle", true, &at));
	assert_int_equal(at.line, 6);
	assert_int_equal(at.col, 2);
	assert_int_equal(at.cols, 6);
	assert_true(console_find(c, "needle", true, &at));
	assert_int_equal(at.line, 5);
	assert_int_equal(at.col, 11);
	assert_true(console_find(c, "needle", true, &at));
	assert_int_equal(at.col, 0);
	assert_true(console_find(c, "needle", true, &at));
	assert_int_equal(at.line, 1);
	assert_int_equal(at.col, 5);
	assert_false(console_find(c, "needle", true, &at));
	at.col++;
	assert_true(console_find(c, "needle", false, &at));
	assert_int_equal(at.line, 5);
	assert_false(console_find(c, "NEEDLE", false, &at)); /* large letters are meant */
	at = (struct find_place){0};
	assert_true(console_find(c, "\346\227\245n", false, &at));
	assert_int_equal(at.cols, 3);
	assert_false(console_find(c, "", false, &at));
	console_free(c);
}

static void test_views(void **state)
{
	struct console *c = fed("one\r\ntwo");
	struct view v = {0};
	uint64_t since;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	view_pack(&b, c, 0);
	assert_int_equal(view_apply(&v, b.data, b.len), 0);
	since = console_stamp(c);
	buf_clear(&b);
	feed(c, "\033[?25l!");
	view_pack(&b, c, since);
	assert_in_range(b.len, 40, 60); /* one row */
	for (size_t n = 0; n < b.len; n++) {
		struct view other = {0};

		assert_int_equal(view_apply(&other, b.data, n), -1);
		view_fini(&other);
	}
	assert_int_equal(view_apply(&v, b.data, b.len), 0);
	assert_false(v.modes.cursor);
	assert_int_equal(view_row(&v, 1)[3].chars[0], '!');
	/* another size brings all rows */
	console_resize(c, 8, 30);
	buf_clear(&b);
	view_pack(&b, c, console_stamp(c) - 1);
	assert_int_equal(view_apply(&v, b.data, b.len), 0);
	assert_int_equal(v.rows, 8);
	assert_int_equal(v.cols, 30);
	assert_int_equal(view_row(&v, 0)[0].chars[0], 'o');
	view_fini(&v);
	buf_fini(&b);
	console_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_paste),	   cmocka_unit_test(test_osc),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_row_hostile), cmocka_unit_test(test_history),
		cmocka_unit_test(test_find),   cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
