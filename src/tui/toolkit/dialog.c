/* SPDX-License-Identifier: MIT */
/* dialog: shows a message or a question with buttons. */
#include "tui/toolkit/dialog.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "host/paths.h"
#include "tui/toolkit/app.h"

#define WIDEST 68

struct question_dialog {
	char *title, *text;
	struct strv choices, lines; /* lines: the text as it is wrapped now */
	size_t at, escape;
	bool later;
	int first; /* of the lines in sight */
	enum role role;
	enum role (*line_role)(const char *line);
	void (*answer)(size_t choice, void *arg);
	void (*gone)(void *arg);
	void *arg;
};

static void dialog_measure(struct screen *s, int *rows, int *columns)
{
	struct question_dialog *q = s->self;
	int wide = 24, buttons = -3;

	if (*columns > WIDEST)
		*columns = WIDEST;
	strv_fini(&q->lines);
	canvas_wrap_lines(q->text, *columns, &q->lines);
	for (size_t i = 0; i < q->lines.len; i++)
		if ((int)strlen(q->lines.items[i]) > wide)
			wide = (int)strlen(q->lines.items[i]);
	for (size_t i = 0; i < q->choices.len; i++)
		buttons += (int)strlen(q->choices.items[i]) + 5;
	if (buttons > wide)
		wide = buttons;
	if ((int)strlen(q->title) + 2 > wide)
		wide = (int)strlen(q->title) + 2;
	if (wide < *columns)
		*columns = wide;
	if ((int)q->lines.len + 4 < *rows)
		*rows = (int)q->lines.len + 4;
}

static enum role dialog_line_role(const struct question_dialog *q, int line)
{
	if (q->line_role)
		return q->line_role(q->lines.items[line]);
	return line ? ROLE_TEXT : q->role;
}

static void dialog_paint(struct screen *s, const struct canvas *c)
{
	struct question_dialog *q = s->self;
	int space = c->rows - 4, most = (int)q->lines.len - space;
	int column = 0;

	if (q->first > most)
		q->first = most;
	if (q->first < 0)
		q->first = 0;
	for (int i = 0; i < space && q->first + i < (int)q->lines.len; i++)
		canvas_put(c, 1 + i, 0, dialog_line_role(q, q->first + i), q->lines.items[q->first + i]);
	if (most > q->first)
		canvas_put_right(c, space + 1, c->columns, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
	for (size_t i = 0; i < q->choices.len; i++) {
		bool focus = i == q->at;
		int width = canvas_width(c, q->choices.items[i]) + 2;

		canvas_put(c, c->rows - 2, column, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
		canvas_putf(c, c->rows - 2, column + 2, focus ? ROLE_FOCUS : ROLE_TEXT, " %s ", q->choices.items[i]);
		column += width + 3;
	}
}

static void dialog_lines(struct screen *s, struct screen_lines *out)
{
	struct question_dialog *q = s->self;

	buf_adds(&out->title, q->title);
	if (q->choices.len > 1) {
		screen_lines_key(out, "←→", K_RIGHT, "choose");
		screen_lines_key(out, "Enter", K_ENTER, "accept");
	}
	screen_lines_key(out, "Esc", K_ESC, q->later ? "answer later" : "close");
}

static void dialog_end(struct screen *s, size_t choice)
{
	struct question_dialog *q = s->self;
	void (*answer)(size_t, void *) = q->answer;
	void *arg = q->arg;

	q->gone = NULL;
	screen_pop(s);
	if (answer)
		answer(choice, arg);
}

static bool dialog_click(struct screen *s, const struct key *k)
{
	struct question_dialog *q = s->self;
	int column = 0;

	if (k->mouse != MOUSE_PRESS)
		return false;
	for (size_t i = 0; k->row == s->rows - 2 && i < q->choices.len; i++) {
		int width = (int)strlen(q->choices.items[i]) + 2;

		if (k->column >= column && k->column < column + 2 + width) {
			dialog_end(s, i);
			break;
		}
		column += width + 3;
	}
	return true;
}

static bool dialog_key(struct screen *s, const struct key *k)
{
	struct question_dialog *q = s->self;

	switch (k->code) {
	case K_LEFT:
	case K_BACKTAB:
		q->at = (q->at + q->choices.len - 1) % q->choices.len;
		return true;
	case K_RIGHT:
	case K_TAB:
		q->at = (q->at + 1) % q->choices.len;
		return true;
	case K_UP:
		q->first--;
		return true;
	case K_DOWN:
		q->first++;
		return true;
	case K_ENTER:
	case ' ':
		dialog_end(s, q->at);
		return true;
	case K_ESC:
		if (q->later)
			screen_pop(s);
		else
			dialog_end(s, q->escape);
		return true;
	case K_MOUSE:
		return dialog_click(s, k);
	}
	for (size_t i = 0; i < q->choices.len; i++) {
		if (k->code < 0x80 && isalpha((int)k->code) &&
		    tolower((int)k->code) == tolower(q->choices.items[i][0])) {
			q->at = i;
			return true;
		}
	}
	return false;
}

static void dialog_close(struct screen *s)
{
	struct question_dialog *q = s->self;

	if (q->gone)
		q->gone(q->arg);
	free(q->title);
	free(q->text);
	strv_fini(&q->choices);
	strv_fini(&q->lines);
	free(q);
}

static const struct screen_ops question_ops = {
	.name = "question",
	.floating = true,
	.measure = dialog_measure,
	.paint = dialog_paint,
	.lines = dialog_lines,
	.key = dialog_key,
	.close = dialog_close,
};

struct screen *dialog_ask(struct app *app, const struct dialog_question *ask)
{
	struct question_dialog *q = xcalloc(1, sizeof(*q));

	q->title = xstrdup(ask->title);
	q->text = xstrdup(ask->text);
	for (size_t i = 0; i < ask->count; i++)
		strv_add(&q->choices, ask->choices[i]);
	q->at = ask->fallback;
	q->escape = ask->escape < ask->count ? ask->escape : ask->fallback;
	q->later = ask->later;
	q->role = ask->role;
	q->line_role = ask->line_role;
	q->answer = ask->answer;
	q->gone = ask->gone;
	q->arg = ask->arg;
	return screen_push(app, &question_ops, q);
}

struct screen *dialog_ask_whether(struct app *app, const char *title, const char *text, const char *keep,
				  const char *act, void (*answer)(size_t choice, void *arg), void *arg)
{
	const char *const choices[] = {keep, act};
	struct dialog_question q = {.title = title,
				    .text = text,
				    .choices = choices,
				    .count = 2,
				    .role = ROLE_WARN,
				    .answer = answer,
				    .arg = arg};

	return dialog_ask(app, &q);
}

struct screen *dialog_message(struct app *app, const char *title, const char *text)
{
	static const char *const fine[] = {"Close"};
	struct dialog_question q = {.title = title, .text = text, .choices = fine, .count = 1};

	return dialog_ask(app, &q);
}

struct screen *dialog_error(struct app *app, const char *title, const struct err *e)
{
	static const char *const fine[] = {"Close"};
	char *what = host_short(e->text ? e->text : "unknown error"); /* it may begin with a path */
	AUTO_FREE char *text = xasprintf("%s%s%s", what, e->hint ? "\n\n" : "", e->hint ? e->hint : "");
	struct dialog_question q = {.title = title, .text = text, .choices = fine, .count = 1, .role = ROLE_BAD};
	struct screen *s = dialog_ask(app, &q);

	free(what);
	return s;
}

void dialog_unless(struct app *app, bool ok, struct err *e)
{
	if (!ok)
		dialog_error(app, "Not possible", e);
	err_fini(e);
}
