/* SPDX-License-Identifier: MIT */
/*
 * screen_stack: puts screens on top of each other and takes them off; paints the uppermost ones with header, help line
 * and key line around them, or the page that says that the terminal is too small.
 */
#include "screen_stack.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/app.h"

#define MIN_ROWS 20
#define MIN_COLUMNS 72
#define HELP_ROWS 2

struct screen_stack {
	struct term *term;
	struct theme theme;
	struct screen *top;	/* the uppermost, linked by `below` */
	struct screen *removed; /* to be closed at the end of the turn */
	/* the line of keys as it was painted, for clicks */
	struct {
		int left, right;
		uint32_t code;
	} spots[SCREEN_KEYS];
	size_t spot_count;
};

struct screen_stack *screen_stack_new(struct term *term, enum theme_kind theme)
{
	struct screen_stack *stack = xcalloc(1, sizeof(*stack));

	stack->term = term;
	theme_init(&stack->theme, term_caps(term), theme);
	return stack;
}

void screen_stack_free(struct screen_stack *stack)
{
	free(stack);
}

void screen_stack_close(struct screen_stack *stack)
{
	while (stack->top || stack->removed) { /* closing one may put up another */
		if (stack->top)
			screen_pop(stack->top);
		screen_stack_close_removed(stack);
	}
}

struct screen *screen_stack_top(const struct screen_stack *stack)
{
	return stack->top;
}

void screen_stack_close_removed(struct screen_stack *stack)
{
	while (stack->removed) {
		struct screen *s = stack->removed;

		stack->removed = s->below;
		if (s->ops->close)
			s->ops->close(s);
		free(s);
	}
}

/* Notifies the screen that is now uppermost. */
static void screen_stack_show_top(struct screen_stack *stack, struct app *app)
{
	app_changed(app);
	if (!stack->top)
		return;
	term_report_screen(stack->top->ops->name);
	if (stack->top->ops->shown)
		stack->top->ops->shown(stack->top);
}

struct screen *screen_push(struct app *app, const struct screen_ops *ops, void *self)
{
	struct screen_stack *stack = app_stack(app);
	struct screen *s = xcalloc(1, sizeof(*s));

	s->ops = ops;
	s->self = self;
	s->app = app;
	s->below = stack->top;
	stack->top = s;
	screen_stack_show_top(stack, app);
	return s;
}

static bool screen_stack_has(const struct screen_stack *stack, const struct screen *s)
{
	const struct screen *at = stack->top;

	while (at && at != s)
		at = at->below;
	return at != NULL;
}

void screen_pop(struct screen *s)
{
	struct app *app = s->app;
	struct screen_stack *stack = app_stack(app);
	struct screen **end = &stack->removed;
	bool last = false;

	if (!screen_stack_has(stack, s))
		return; /* it was taken off before */
	while (*end)
		end = &(*end)->below;
	while (!last) {
		struct screen *top = stack->top;

		last = top == s;
		stack->top = top->below;
		top->below = NULL;
		*end = top; /* closed from the uppermost down: a dialog before what it is about */
		end = &top->below;
	}
	screen_stack_show_top(stack, app);
}

struct screen *screen_top(const struct app *app)
{
	return app_stack(app)->top;
}

void *screen_self(const struct app *app, const struct screen *s, const struct screen_ops *ops)
{
	return screen_stack_has(app_stack(app), s) && s->ops == ops ? s->self : NULL;
}

/* ---- the lines around a screen ---- */

void screen_lines_key(struct screen_lines *l, const char *label, uint32_t code, const char *word)
{
	if (l->key_count < SCREEN_KEYS)
		l->keys[l->key_count++] = (struct screen_key){label, code, word};
}

static void screen_stack_free_lines(struct screen_lines *l)
{
	buf_fini(&l->title);
	buf_fini(&l->status);
	buf_fini(&l->help);
}

static void screen_stack_get_lines(struct screen *s, struct screen_lines *l)
{
	*l = (struct screen_lines){.help_role = ROLE_TEXT};
	buf_init(&l->title, 0);
	buf_init(&l->status, 0);
	buf_init(&l->help, 0);
	if (s->ops->lines)
		s->ops->lines(s, l);
}

static void screen_stack_paint_header(const struct canvas *c, const struct screen_lines *l)
{
	int column = 2, space;

	canvas_fill(c, 0, 0, c->columns, ROLE_HEADER_DIM);
	column += canvas_put(c, 0, column, ROLE_HEADER, "debwiz");
	column += canvas_putf(c, 0, column, ROLE_HEADER_DIM, " %s ", canvas_glyph(c, GLYPH_DOT));
	space = c->columns - column - 2 - canvas_width(c, l->status.data) - 2;
	if (space < 12)
		space = 12;
	column += canvas_put_cut(c, 0, column, space, ROLE_HEADER, l->title.data);
	if (canvas_width(c, l->status.data) < c->columns - column - 2)
		canvas_put_right(c, 0, c->columns - 2, ROLE_HEADER_DIM, l->status.data);
}

/* Returns the bytes of the sentences that fit in the help lines; F1 shows the whole text. */
static size_t screen_stack_fitting(const char *text, int columns)
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

/* Paints the help about what is under the cursor, in one line or two. */
static void screen_stack_paint_help(const struct canvas *c, const struct screen_lines *l)
{
	int top = c->rows - 1 - HELP_ROWS;
	AUTO_FREE char *text = xstrndup(l->help.data, screen_stack_fitting(l->help.data, c->columns - 4));

	for (int row = top; row < c->rows - 1; row++)
		canvas_fill(c, row, 0, c->columns, ROLE_TEXT);
	canvas_wrap(c, top, 2, c->columns - 4, HELP_ROWS, l->help_role, text);
}

static void screen_stack_paint_keys(struct screen_stack *stack, const struct canvas *c, const struct screen_lines *l)
{
	int row = c->rows - 1, column = 2;

	stack->spot_count = 0;
	canvas_fill(c, row, 0, c->columns, ROLE_TEXT);
	for (size_t i = 0; i < l->key_count; i++) {
		const struct screen_key *k = &l->keys[i];
		int width = canvas_width(c, k->label) + 1 + canvas_width(c, k->word);

		if (column + width > c->columns)
			break;
		stack->spots[i].left = column;
		stack->spots[i].code = k->code;
		column += canvas_put(c, row, column, ROLE_KEY, k->label) + 1;
		column += canvas_put(c, row, column, ROLE_TEXT, k->word);
		stack->spots[i].right = column;
		stack->spot_count = i + 1;
		column += 2;
	}
}

static void screen_stack_place(struct screen *s, int top, int left, int rows, int columns)
{
	bool same = s->rows == rows && s->columns == columns;

	s->top = top;
	s->left = left;
	s->rows = rows;
	s->columns = columns;
	if (!same && s->ops->layout)
		s->ops->layout(s, rows, columns);
}

/* Paints a dialog in a frame, in the middle between the lines. */
static void screen_stack_paint_dialog(struct screen *s, const struct canvas *c)
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
	screen_stack_place(s, body.top, body.left, rows, columns);
	screen_stack_get_lines(s, &l);
	canvas_clear(&box);
	canvas_frame(&box, l.title.data);
	screen_stack_free_lines(&l);
	s->ops->paint(s, &body);
}

static void screen_stack_paint_full(struct screen *s, const struct canvas *c)
{
	struct screen_lines l;
	struct canvas body = *c;

	if (!s->ops->bare) {
		screen_stack_get_lines(s, &l);
		screen_stack_paint_header(c, &l);
		screen_stack_free_lines(&l);
		body = canvas_sub(c, 1, 0, c->rows - 2 - HELP_ROWS, c->columns);
	}
	screen_stack_place(s, body.top, body.left, body.rows, body.columns);
	s->ops->paint(s, &body);
}

static void screen_stack_paint_from(struct screen *s, const struct canvas *c)
{
	if (s->ops->floating) {
		screen_stack_paint_from(s->below, c);
		screen_stack_paint_dialog(s, c);
	} else {
		screen_stack_paint_full(s, c);
	}
}

static void screen_stack_paint_cramped(const struct canvas *c)
{
	char *text = xasprintf("debwiz needs 80 x 24, at least %d x %d; this terminal has %d x %d. "
			       "Make it larger. Work continues.",
			       MIN_COLUMNS, MIN_ROWS, c->columns, c->rows);
	int used = canvas_wrap(c, 0, c->columns > 4 ? 1 : 0, c->columns - 2, 0, ROLE_TEXT, text);

	canvas_put(c, used + 1, c->columns > 4 ? 1 : 0, ROLE_KEY, "Ctrl-Q leaves");
	free(text);
}

/* ---- the whole ---- */

static struct canvas screen_stack_canvas(const struct screen_stack *stack)
{
	struct canvas c = {.term = stack->term, .theme = &stack->theme, .caps = term_caps(stack->term)};

	term_size(stack->term, &c.rows, &c.columns);
	return c;
}

bool screen_stack_is_cramped(const struct screen_stack *stack)
{
	struct canvas c = screen_stack_canvas(stack);

	return !(stack->top && stack->top->ops->bare) && (c.rows < MIN_ROWS || c.columns < MIN_COLUMNS);
}

static void screen_stack_paint_lines(struct screen_stack *stack, const struct canvas *c)
{
	struct screen_lines l;

	screen_stack_get_lines(stack->top, &l);
	screen_stack_paint_help(c, &l);
	screen_stack_paint_keys(stack, c, &l);
	screen_stack_free_lines(&l);
}

void screen_stack_paint(struct screen_stack *stack)
{
	struct canvas c = screen_stack_canvas(stack);
	struct screen *top = stack->top;
	int row = -1, column = 0;

	term_erase(stack->term);
	stack->spot_count = 0;
	if (screen_stack_is_cramped(stack)) {
		screen_stack_paint_cramped(&c);
	} else if (top) {
		screen_stack_paint_from(top, &c);
		if (!top->ops->bare)
			screen_stack_paint_lines(stack, &c);
		if (top->ops->cursor)
			top->ops->cursor(top, &row, &column);
		if (row >= 0) {
			row += top->top;
			column += top->left;
		}
	}
	term_flush(stack->term, row, column);
}

bool screen_stack_key_at(const struct screen_stack *stack, int row, int column, uint32_t *code)
{
	int rows, columns;

	*code = 0;
	term_size(stack->term, &rows, &columns);
	for (size_t i = 0; row == rows - 1 && i < stack->spot_count; i++)
		if (column >= stack->spots[i].left && column < stack->spots[i].right)
			*code = stack->spots[i].code;
	return row == rows - 1;
}
