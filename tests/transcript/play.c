/* SPDX-License-Identifier: MIT */
/*
 * play: feeds standard input to the console emulator and prints what its screen is, as one JSON
 * object. `play ROWS COLUMNS [SPLIT [ROWS COLUMNS]]`: in pieces of SPLIT bytes (0: whole); then the
 * size is changed to the second one. On the way every update is packed and applied to a view, which
 * must be the same as the screen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "console/console.h"
#include "console/row.h"
#include "console/view.h"

static void fail(const char *what)
{
	fprintf(stderr, "play: %s\n", what);
	exit(1);
}

static json_t *text_of(const struct cell *cells, int cols)
{
	struct buf b;
	json_t *v;

	buf_init(&b, 0);
	row_text(&b, cells, 0, cols);
	v = json_stringn(b.data, b.len);
	if (!v)
		fail("a row is not UTF-8");
	buf_fini(&b);
	return v;
}

static void colour(struct buf *b, const char *name, uint32_t c)
{
	if (c == CELL_DEFAULT)
		return;
	if ((c & CELL_COLOUR_KIND) == CELL_INDEXED)
		buf_addf(b, " %s=%u", name, (unsigned)(c & 0xff));
	else
		buf_addf(b, " %s=#%06x", name, (unsigned)(c & 0xffffff));
}

/* The style in words, "" the default. */
static char *style_of(const struct cell *c)
{
	static const char *const names[] = {"bold",    "underline", "italic",  "blink",
					    "reverse", "strike",    "conceal", "dim"};
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (c->attrs & 1U << i)
			buf_addf(&b, " %s", names[i]);
	}
	colour(&b, "fg", c->fg);
	colour(&b, "bg", c->bg);
	if (c->width == CELL_DOUBLE)
		buf_adds(&b, " wide");
	return buf_steal(&b);
}

/* Runs of a style: "3-5 bold fg=1". */
static void styles(json_t *out, int row, const struct cell *cells, int cols)
{
	int from = 0;

	while (from < cols) {
		char *s = style_of(&cells[from]), *next = NULL, *line;
		int to = from + 1;

		for (; to < cols; to++) {
			next = style_of(&cells[to]);
			if (strcmp(s, next) != 0 && cells[to].width != CELL_REST)
				break;
			free(next);
		}
		if (to < cols)
			free(next);
		if (*s) {
			line = xasprintf("%d %d-%d%s", row, from, to - 1, s);
			json_array_append_new(out, json_string(line));
			free(line);
		}
		free(s);
		from = to;
	}
}

static void compare(struct console *c, const struct view *v)
{
	struct console_modes m;

	console_modes(c, &m);
	if (v->rows != console_rows(c) || v->cols != console_cols(c) || v->modes.row != m.row ||
	    v->modes.col != m.col || v->modes.cursor != m.cursor || v->modes.mouse != m.mouse ||
	    v->modes.clips != m.clips || strcmp(v->title, console_title(c)) != 0 ||
	    v->end != history_end(console_history(c)))
		fail("the view is not the console");
	for (int i = 0; i < v->rows; i++) {
		struct buf a, b;

		buf_init(&a, 0);
		buf_init(&b, 0);
		row_pack(&a, console_row(c, i), v->cols);
		row_pack(&b, view_row(v, i), v->cols);
		if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			fail("a row of the view is not the console's");
		buf_fini(&a);
		buf_fini(&b);
	}
}

static void update(struct console *c, struct view *v, uint64_t *since)
{
	struct buf b;

	buf_init(&b, 0);
	view_pack(&b, c, *since);
	if (view_apply(v, b.data, b.len) < 0)
		fail("an update does not apply");
	*since = console_stamp(c);
	buf_fini(&b);
}

static json_t *history_of(struct console *c)
{
	struct history *h = console_history(c);
	struct cell *cells = xcalloc(CONSOLE_COLS_MAX, sizeof(*cells));
	json_t *out = json_array();
	size_t n;

	for (uint64_t i = history_first(h); i < history_end(h); i++) {
		const char *p = history_line(h, i, &n);

		if (row_unpack(p, n, cells, CONSOLE_COLS_MAX) != n)
			fail("a line of the scrollback is malformed");
		json_array_append_new(out, text_of(cells, CONSOLE_COLS_MAX));
	}
	free(cells);
	return out;
}

static void print(struct console *c)
{
	struct console_modes m;
	json_t *rows = json_array(), *looks = json_array(), *replies = json_array(), *o;
	struct buf *out = console_out(c);

	console_modes(c, &m);
	for (int i = 0; i < console_rows(c); i++) {
		json_array_append_new(rows, text_of(console_row(c, i), console_cols(c)));
		styles(looks, i, console_row(c, i), console_cols(c));
	}
	for (size_t i = 0; i < out->len; i++)
		json_array_append_new(replies, json_integer((unsigned char)out->data[i]));
	o = json_pack("{s:o, s:o, s:[i, i], s:b, s:b, s:b, s:i, s:i, s:i, s:o, s:o, s:s, s:i, s:o}", "rows", rows,
		      "styles", looks, "cursor", m.row, m.col, "shown", (int)m.cursor, "alternate", (int)m.alternate,
		      "reverse", (int)m.reverse, "mouse", (int)m.mouse, "shape", (int)m.cursor_shape, "bells",
		      (int)m.bells, "replies", replies, "history", history_of(c), "title", console_title(c), "clips",
		      (int)m.clips, "clip", json_stringn(console_clip(c)->data, console_clip(c)->len));
	json_dumpf(o, stdout, JSON_SORT_KEYS);
	putchar('\n');
	json_decref(o);
}

static int number(int argc, char **argv, int i, int fallback)
{
	return argc > i ? (int)strtol(argv[i], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
	int rows = number(argc, argv, 1, 24), cols = number(argc, argv, 2, 80);
	size_t split = (size_t)number(argc, argv, 3, 0), n;
	struct console *c = console_new(rows, cols, HISTORY_LINES);
	struct view v = {0};
	uint64_t since = 0;
	static char chunk[65536];

	if (!split || split > sizeof(chunk))
		split = sizeof(chunk);
	while ((n = fread(chunk, 1, split, stdin)) > 0) {
		console_feed(c, chunk, n);
		update(c, &v, &since);
	}
	if (argc > 5) {
		console_resize(c, number(argc, argv, 4, 24), number(argc, argv, 5, 80));
		update(c, &v, &since);
	}
	update(c, &v, &since);
	compare(c, &v);
	print(c);
	view_fini(&v);
	console_free(c);
	return 0;
}
