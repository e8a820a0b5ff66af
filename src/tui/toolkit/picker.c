/* SPDX-License-Identifier: MIT */
/* picker: a line to type in, a list below it, and which of them has the cursor. */
#include "tui/toolkit/picker.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/widget_list.h"
#include "tui/toolkit/widget_text.h"

#define WIDEST 72
#define TALLEST 16
#define TEXT_MAX 1024

struct picker {
	struct picker_conf conf;
	char *title, *about, *problem;
	struct text_field line;
	int line_column; /* of its cursor, as painted */
	struct list list;
	/* the rows that match the typed text */
	struct choice *shown;
	size_t count;
	struct choice_list all;
	bool in_list; /* the list has the cursor, not the line */
	bool began;   /* the rows were requested before */
	bool edited;  /* the line is no longer the initial text */
};

static bool picker_has_line(const struct picker *p)
{
	return p->conf.types || p->line.len;
}

/* Whether the typed text narrows the rows. */
static bool picker_is_narrowed(const struct picker *p)
{
	return p->line.len && (!p->conf.types || (p->conf.narrows && p->edited));
}

/* Requests the rows and keeps those that match the typed text. */
static void picker_gather(struct picker *p)
{
	p->count = 0;
	if (!p->conf.rows)
		return;
	p->all = p->conf.rows(p->line.text, p->conf.arg);
	p->shown = xreallocarray(p->shown, p->all.len + 1, sizeof(*p->shown));
	for (size_t i = 0; i < p->all.len; i++) {
		const struct choice *r = &p->all.rows[i];

		if (!picker_is_narrowed(p) || strcasestr(r->label, p->line.text) || strcasestr(r->value, p->line.text))
			p->shown[p->count++] = *r;
		if (!p->began && i == p->all.current)
			p->list.at = i;
	}
	p->began = true;
	if (p->list.at >= p->count)
		p->list.at = p->count ? p->count - 1 : 0;
}

static void picker_measure(struct screen *s, int *rows, int *columns)
{
	struct picker *p = s->self;
	int wanted;

	picker_gather(p);
	wanted = (int)p->count + (p->conf.types ? 4 : 3) + (p->conf.rows ? 1 : 0);
	if (p->conf.types && p->conf.rows && wanted < 10)
		wanted = 10; /* so that the dialog keeps its size while the user types */
	if (*columns > WIDEST)
		*columns = WIDEST;
	if (wanted > TALLEST)
		wanted = TALLEST;
	if (*rows > wanted)
		*rows = wanted;
}

static void picker_paint(struct screen *s, const struct canvas *c)
{
	struct picker *p = s->self;
	int row = 1;
	struct canvas rest;

	if (picker_has_line(p)) {
		if (!p->conf.types)
			canvas_put(c, row, 0, ROLE_KEY, "/");
		p->line_column = text_field_paint(&p->line, c, row, 2, c->columns - 3, !p->in_list, ROLE_TEXT);
		row++;
		row++;
	}
	if (!p->conf.rows)
		return;
	rest = canvas_sub(c, row, 0, c->rows - row - 1, c->columns);
	p->list.idle = p->conf.types && !p->in_list; /* the cursor is in the line */
	list_paint(&p->list, &rest, p->shown, p->count);
	if (!p->count)
		canvas_wrap(&rest, 0, 2, rest.columns - 4, 3, p->all.state == CHOICE_FAILED ? ROLE_BAD : ROLE_DIM,
			    picker_is_narrowed(p) && p->all.len ? "nothing in the list contains it"
			    : p->all.note			? p->all.note
								: "");
}

static void picker_cursor(struct screen *s, int *row, int *column)
{
	struct picker *p = s->self;

	if (p->in_list || !picker_has_line(p))
		return;
	*row = 1;
	*column = p->line_column;
	if (*column > s->columns - 2)
		*column = s->columns - 2;
}

static bool picker_can_retry(const struct picker *p)
{
	return p->conf.again && choice_can_retry(p->all);
}

static void picker_lines(struct screen *s, struct screen_lines *out)
{
	struct picker *p = s->self;
	const struct choice *r = p->count ? &p->shown[p->list.at] : NULL;

	buf_adds(&out->title, p->title);
	if (p->problem) {
		buf_adds(&out->help, p->problem);
		out->help_role = ROLE_BAD;
	} else if (r && (p->in_list || !p->conf.types) && (r->why_not || *r->note)) {
		buf_adds(&out->help, r->why_not ? r->why_not : r->note);
	} else if (r && p->in_list && *r->columns[1]) { /* the row may have cut it */
		buf_addf(&out->help, "%s %s: %s", r->label, r->columns[0], r->columns[1]);
	} else if (p->edited && p->count && p->all.note && *p->all.note) {
		buf_adds(&out->help, p->all.note);
	} else if (p->about) {
		buf_adds(&out->help, p->about);
	}
	if (picker_can_retry(p))
		screen_lines_key(out, "F5", K_F(5), "ask again");
	else if (p->conf.rows)
		screen_lines_key(out, "↑↓", 0, "choose");
	screen_lines_key(out, "Enter", K_ENTER, "accept");
	if (p->conf.complete)
		screen_lines_key(out, "Tab", K_TAB, "complete");
	if (p->conf.rows && (!p->conf.types || p->conf.narrows))
		screen_lines_key(out, "type", 0, "to find");
	screen_lines_key(out, "Esc", K_ESC, "cancel");
}

static void picker_complain(struct picker *p, const char *why)
{
	free(p->problem);
	p->problem = xstrdup(why);
}

static void picker_take(struct screen *s, const char *value)
{
	struct picker *p = s->self;
	AUTO_ERR struct err e = ERR_INIT;
	char *copy = xstrdup(value), *more = NULL;
	int r = p->conf.take(copy, &more, p->conf.arg, &e);

	if (r < 0) {
		picker_complain(p, e.text ? e.text : "not possible");
	} else if (r > 0) {
		text_field_set(&p->line, more);
		p->line.fresh = false;
		p->in_list = false;
		p->list.at = 0;
		picker_complain(p, NULL);
	} else {
		screen_pop(s);
	}
	mem_wipe(copy, strlen(copy));
	free(copy);
	free(more);
}

static void picker_enter(struct screen *s)
{
	struct picker *p = s->self;
	const struct choice *r = p->count ? &p->shown[p->list.at] : NULL;

	if (p->conf.types && !p->in_list)
		picker_take(s, p->line.text);
	else if (r && r->why_not)
		picker_complain(p, r->why_not);
	else if (r)
		picker_take(s, r->value);
}

static bool picker_mouse(struct screen *s, const struct key *k)
{
	struct picker *p = s->self;
	struct key there = *k;

	if (k->mouse != MOUSE_PRESS)
		return false;
	there.row -= picker_has_line(p) ? 3 : 1;
	if (list_click(&p->list, &there, p->count)) {
		p->in_list = true;
		picker_enter(s);
	} else if (picker_has_line(p) && k->row == 1 && k->column >= 2) {
		p->in_list = false;
		text_field_click(&p->line, s->columns - 3, k->column - 2);
	}
	return true;
}

static void picker_typed(struct picker *p, const struct key *k)
{
	p->in_list = false;
	if (text_field_key(&p->line, k)) {
		picker_complain(p, NULL);
		p->edited = true;
		if (picker_is_narrowed(p))
			p->list.at = 0;
	}
}

static bool picker_key(struct screen *s, const struct key *k)
{
	struct picker *p = s->self;
	char *more;

	picker_gather(p); /* the line may have changed since it was painted */
	switch (k->code) {
	case K_MOUSE:
		return picker_mouse(s, k);
	case K_ESC:
		screen_pop(s);
		return true;
	case K_ENTER:
		picker_enter(s);
		return true;
	case K_TAB:
		more = p->conf.complete ? p->conf.complete(p->line.text, p->conf.arg) : NULL;
		if (more) {
			text_field_set(&p->line, more);
			p->line.fresh = false;
		}
		free(more);
		return true;
	case K_UP:
		if (p->conf.types && (!p->in_list || !p->list.at)) {
			p->in_list = false;
			return true;
		}
		return list_key(&p->list, k, p->count);
	case K_DOWN:
	case K_PAGE_DOWN:
	case K_PAGE_UP:
		if (p->conf.types && !p->in_list) {
			p->in_list = p->count > 0;
			return true;
		}
		return list_key(&p->list, k, p->count);
	case K_F(5):
		if (picker_can_retry(p))
			p->conf.again(p->conf.arg);
		return true;
	case K_HOME:
	case K_END:
		if (p->in_list || !picker_has_line(p))
			return list_key(&p->list, k, p->count);
		break;
	}
	picker_typed(p, k);
	return true;
}

static void picker_close(struct screen *s)
{
	struct picker *p = s->self;

	if (p->conf.gone)
		p->conf.gone(p->conf.arg);
	text_field_fini(&p->line);
	free(p->shown);
	free(p->title);
	free(p->about);
	free(p->problem);
	free(p);
}

static const struct screen_ops picker_ops = {
	.name = "picker",
	.floating = true,
	.measure = picker_measure,
	.paint = picker_paint,
	.cursor = picker_cursor,
	.lines = picker_lines,
	.key = picker_key,
	.close = picker_close,
};

struct screen *picker_open(struct app *app, const struct picker_conf *conf)
{
	struct picker *p = xcalloc(1, sizeof(*p));

	p->conf = *conf;
	p->title = xstrdup(conf->title);
	p->about = xstrdup(conf->about);
	text_field_init(&p->line, TEXT_MAX);
	p->line.secret = conf->secret;
	if (conf->initial && conf->types)
		text_field_set(&p->line, conf->initial);
	if (conf->continues)
		p->line.fresh = false;
	return screen_push(app, &picker_ops, p);
}
