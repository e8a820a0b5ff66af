/* SPDX-License-Identifier: MIT */
/*
 * app_paint: header, body, help line and key line of the uppermost screens, and the page that says
 * that the terminal is too small. curses sends what differs from what is there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/app_priv.h"

#define HELP_ROWS 2

static struct canvas app_paint_whole(const struct app *app)
{
	struct canvas c = {.term = app->term, .theme = &app->theme, .caps = app_caps(app)};

	term_size(app->term, &c.rows, &c.columns);
	return c;
}

bool app_too_small(const struct app *app)
{
	struct canvas c = app_paint_whole(app);

	return !(app->top && app->top->ops->bare) && (c.rows < APP_MIN_ROWS || c.columns < APP_MIN_COLUMNS);
}

static void app_paint_lines_fini(struct screen_lines *l)
{
	buf_fini(&l->title);
	buf_fini(&l->status);
	buf_fini(&l->help);
}

static void app_paint_lines_get(struct screen *s, struct screen_lines *l)
{
	*l = (struct screen_lines){.help_role = ROLE_TEXT};
	buf_init(&l->title, 0);
	buf_init(&l->status, 0);
	buf_init(&l->help, 0);
	if (s->ops->lines)
		s->ops->lines(s, l);
}

static void paint_header(const struct canvas *c, const struct screen_lines *l)
{
	int column = 2, room;

	canvas_fill(c, 0, 0, c->columns, ROLE_HEADER_DIM);
	column += canvas_put(c, 0, column, ROLE_HEADER, "debwiz");
	column += canvas_putf(c, 0, column, ROLE_HEADER_DIM, " %s ", canvas_glyph(c, GLYPH_DOT));
	room = c->columns - column - 2 - canvas_width(c, l->status.data) - 2;
	if (room < 12)
		room = 12;
	column += canvas_put_cut(c, 0, column, room, ROLE_HEADER, l->title.data);
	if (canvas_width(c, l->status.data) < c->columns - column - 2)
		canvas_put_right(c, 0, c->columns - 2, ROLE_HEADER_DIM, l->status.data);
}

/* The sentences that fit in the help lines; the whole is a key away. */
static size_t app_paint_fitting(const char *text, int columns)
{
	size_t best = strlen(text);
	struct strv lines = STRV_INIT;

	canvas_wrap_lines(text, columns, &lines);
	while (lines.len > HELP_ROWS) {
		const char *end = NULL;
		char *part;

		for (const char *at = strstr(text, ". "); at && (size_t)(at - text) + 1 < best;
		     at = strstr(at + 1, ". "))
			end = at;
		if (!end)
			break; /* one long sentence: it is cut */
		best = (size_t)(end - text) + 1;
		part = xstrndup(text, best);
		strv_fini(&lines);
		canvas_wrap_lines(part, columns, &lines);
		free(part);
	}
	strv_fini(&lines);
	return best;
}

/* What is under the cursor, in one line or two. */
static void paint_help(const struct canvas *c, const struct screen_lines *l)
{
	int top = c->rows - 1 - HELP_ROWS;
	char *text = xstrndup(l->help.data, app_paint_fitting(l->help.data, c->columns - 4));

	for (int row = top; row < c->rows - 1; row++)
		canvas_fill(c, row, 0, c->columns, ROLE_TEXT);
	canvas_wrap(c, top, 2, c->columns - 4, HELP_ROWS, l->help_role, text);
	free(text);
}

static void paint_keys(struct app *app, const struct canvas *c, const struct screen_lines *l)
{
	int row = c->rows - 1, column = 2;

	app->spot_count = 0;
	canvas_fill(c, row, 0, c->columns, ROLE_TEXT);
	for (size_t i = 0; i < l->key_count; i++) {
		const struct screen_key *k = &l->keys[i];
		int width = canvas_width(c, k->label) + 1 + canvas_width(c, k->word);

		if (column + width > c->columns)
			break;
		app->spots[i].left = column;
		app->spots[i].code = k->code;
		column += canvas_put(c, row, column, ROLE_KEY, k->label) + 1;
		column += canvas_put(c, row, column, ROLE_TEXT, k->word);
		app->spots[i].right = column;
		app->spot_count = i + 1;
		column += 2;
	}
}

static void app_paint_place(struct screen *s, int top, int left, int rows, int columns)
{
	bool same = s->rows == rows && s->columns == columns;

	s->top = top;
	s->left = left;
	s->rows = rows;
	s->columns = columns;
	if (!same && s->ops->layout)
		s->ops->layout(s, rows, columns);
}

/* A dialog: framed, in the middle of what is between the lines. */
static void paint_floating(struct screen *s, const struct canvas *c)
{
	int most_rows = c->rows - 4 - HELP_ROWS, most_columns = c->columns - 8;
	int rows = most_rows, columns = most_columns;
	struct screen_lines l;
	struct canvas box, body;

	s->ops->measure(s, &rows, &columns);
	rows = rows < most_rows ? rows : most_rows;
	columns = columns < most_columns ? columns : most_columns;
	box = canvas_sub(c, 1 + (c->rows - 2 - HELP_ROWS - rows - 2) / 2, (c->columns - columns - 6) / 2, rows + 2,
			 columns + 6);
	body = canvas_sub(&box, 1, 3, rows, columns);
	app_paint_place(s, body.top, body.left, rows, columns);
	app_paint_lines_get(s, &l);
	canvas_clear(&box);
	canvas_frame(&box, l.title.data);
	app_paint_lines_fini(&l);
	s->ops->paint(s, &body);
}

static void paint_full(struct screen *s, const struct canvas *c)
{
	struct screen_lines l;
	struct canvas body = *c;

	if (!s->ops->bare) {
		app_paint_lines_get(s, &l);
		paint_header(c, &l);
		app_paint_lines_fini(&l);
		body = canvas_sub(c, 1, 0, c->rows - 2 - HELP_ROWS, c->columns);
	}
	app_paint_place(s, body.top, body.left, body.rows, body.columns);
	s->ops->paint(s, &body);
}

static void paint_stack(struct screen *s, const struct canvas *c)
{
	if (s->ops->floating) {
		paint_stack(s->below, c);
		paint_floating(s, c);
	} else {
		paint_full(s, c);
	}
}

static void paint_too_small(const struct canvas *c)
{
	char *text = xasprintf("debwiz needs 80 x 24 and can do with %d x %d; this terminal has %d x %d. "
			       "Make it larger. Work continues.",
			       APP_MIN_COLUMNS, APP_MIN_ROWS, c->columns, c->rows);
	int used = canvas_wrap(c, 0, c->columns > 4 ? 1 : 0, c->columns - 2, 0, ROLE_TEXT, text);

	canvas_put(c, used + 1, c->columns > 4 ? 1 : 0, ROLE_KEY, "Ctrl-Q leaves");
	free(text);
}

void app_paint(struct app *app)
{
	struct canvas c = app_paint_whole(app);
	struct screen_lines l;
	int row = -1, column = 0;

	term_erase(app->term);
	app->spot_count = 0;
	if (app_too_small(app)) {
		paint_too_small(&c);
	} else if (app->top) {
		paint_stack(app->top, &c);
		if (!app->top->ops->bare) {
			app_paint_lines_get(app->top, &l);
			paint_help(&c, &l);
			paint_keys(app, &c, &l);
			app_paint_lines_fini(&l);
		}
		if (app->top->ops->cursor)
			app->top->ops->cursor(app->top, &row, &column);
		if (row >= 0) {
			row += app->top->top;
			column += app->top->left;
		}
	}
	term_flush(app->term, row, column);
}
