/* SPDX-License-Identifier: MIT */
/* widget_viewer: keeps the lines as they were added and as they are wrapped. */
#include "tui/toolkit/widget_viewer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define QUERY_MAX 80

void viewer_init(struct viewer *v)
{
	*v = (struct viewer){.found_line = -1, .wraps = true};
	text_field_init(&v->query, QUERY_MAX);
}

void viewer_fini(struct viewer *v)
{
	strv_fini(&v->source);
	strv_fini(&v->lines);
	free(v->incomplete);
	text_field_fini(&v->query);
	free(v->sought);
}

static void widget_viewer_wrap_one(struct viewer *v, const char *line)
{
	if (!*line || !v->wraps)
		strv_add(&v->lines, line);
	else
		canvas_wrap_lines(line, v->columns, &v->lines);
}

static void widget_viewer_wrap_incomplete(struct viewer *v)
{
	size_t before = v->lines.len;

	if (v->incomplete)
		widget_viewer_wrap_one(v, v->incomplete);
	v->incomplete_lines = v->lines.len - before;
}

static void widget_viewer_unwrap_incomplete(struct viewer *v)
{
	for (; v->incomplete_lines; v->incomplete_lines--)
		free(v->lines.items[--v->lines.len]);
	if (v->lines.items)
		v->lines.items[v->lines.len] = NULL;
}

static void widget_viewer_wrap_all(struct viewer *v)
{
	strv_fini(&v->lines);
	for (size_t i = 0; i < v->source.len; i++)
		widget_viewer_wrap_one(v, v->source.items[i]);
	widget_viewer_wrap_incomplete(v);
	v->found_line = -1;
}

void viewer_set(struct viewer *v, const char *text)
{
	strv_fini(&v->source);
	while (*text) {
		size_t n = strcspn(text, "\n");

		strv_take(&v->source, xstrndup(text, n));
		text += n + (text[n] == '\n');
	}
	widget_viewer_wrap_all(v);
}

void viewer_set_incomplete(struct viewer *v, const char *text)
{
	widget_viewer_unwrap_incomplete(v);
	free(v->incomplete);
	v->incomplete = text ? xstrdup(text) : NULL;
	widget_viewer_wrap_incomplete(v);
}

void viewer_add(struct viewer *v, const char *line)
{
	strv_add(&v->source, line);
	if (v->cap && v->source.len > v->cap + v->cap / 4) { /* drops many lines, and seldom */
		size_t drop = v->source.len - v->cap;

		for (size_t i = 0; i < drop; i++)
			free(v->source.items[i]);
		memmove(v->source.items, v->source.items + drop, (v->source.len - drop + 1) * sizeof(*v->source.items));
		v->source.len -= drop;
		widget_viewer_wrap_all(v);
	} else {
		widget_viewer_unwrap_incomplete(v);
		widget_viewer_wrap_one(v, line);
		widget_viewer_wrap_incomplete(v);
	}
}

int viewer_lines(struct viewer *v, int columns)
{
	if (columns != v->columns) {
		v->columns = columns;
		widget_viewer_wrap_all(v);
	}
	return (int)v->lines.len;
}

static int widget_viewer_last_first(const struct viewer *v)
{
	int n = (int)v->lines.len - v->rows;

	return n > 0 ? n : 0;
}

void viewer_paint(struct viewer *v, const struct canvas *c)
{
	int lines = viewer_lines(v, c->columns);

	v->rows = c->rows - (v->searching ? 1 : 0);
	if (v->follow || v->first > widget_viewer_last_first(v))
		v->first = widget_viewer_last_first(v);
	if (v->first < 0)
		v->first = 0;
	for (int i = 0; i < v->rows && v->first + i < lines; i++) {
		const char *line = v->lines.items[v->first + i];
		enum role role = v->role ? v->role(line) : ROLE_TEXT;

		canvas_put(c, i, 0, v->first + i == v->found_line ? ROLE_MARK : role, line);
	}
	if (v->searching) {
		canvas_put(c, c->rows - 1, 0, ROLE_KEY, "/");
		v->query_column = text_field_paint(&v->query, c, c->rows - 1, 2, c->columns - 2, true, ROLE_TEXT);
	}
}

void viewer_cursor(const struct viewer *v, int *row, int *column)
{
	*row = v->searching ? v->rows : -1;
	*column = v->query_column;
}

/* Finds the next line with the sought text, from `from` on in steps of `step`, past the end to the other one. */
static void widget_viewer_find(struct viewer *v, int from, int step)
{
	int n = (int)v->lines.len;

	v->missed = false;
	for (int i = 0; v->sought && i < n; i++) {
		int at = ((from + i * step) % n + n) % n;

		if (strcasestr(v->lines.items[at], v->sought)) {
			v->found_line = at;
			v->follow = false;
			if (at < v->first || at >= v->first + v->rows)
				v->first = at - v->rows / 2;
			return;
		}
	}
	v->found_line = -1;
	v->missed = v->sought != NULL;
}

static bool widget_viewer_query_key(struct viewer *v, const struct key *k)
{
	if (k->code == K_ESC) {
		v->searching = false;
	} else if (k->code == K_ENTER) {
		v->searching = false;
		free(v->sought);
		v->sought = v->query.len ? xstrdup(v->query.text) : NULL;
		widget_viewer_find(v, v->first, 1);
	} else {
		text_field_key(&v->query, k);
	}
	return true;
}

bool viewer_key(struct viewer *v, const struct key *k)
{
	int page = v->rows > 2 ? v->rows - 1 : 1;

	if (v->searching)
		return widget_viewer_query_key(v, k);
	switch (k->code) {
	case K_UP:
		v->first--;
		break;
	case K_DOWN:
		v->first++;
		break;
	case K_PAGE_UP:
		v->first -= page;
		break;
	case K_PAGE_DOWN:
	case ' ':
		v->first += page;
		break;
	case K_HOME:
		v->first = 0;
		break;
	case K_END:
		v->first = widget_viewer_last_first(v);
		break;
	case '/':
		v->searching = true;
		v->query.fresh = true;
		return true;
	case 'n':
		widget_viewer_find(v, v->found_line + 1, 1);
		return true;
	case 'N':
		widget_viewer_find(v, v->found_line > 0 ? v->found_line - 1 : (int)v->lines.len - 1, -1);
		return true;
	default:
		return false;
	}
	if (v->first > widget_viewer_last_first(v))
		v->first = widget_viewer_last_first(v);
	if (v->first < 0)
		v->first = 0;
	v->follow = v->cap && v->first == widget_viewer_last_first(v);
	return true;
}

void viewer_help(const struct viewer *v, struct screen_lines *out)
{
	int lines = (int)v->lines.len, last = v->first + v->rows;

	if (v->searching) {
		buf_adds(&out->help, "Type what to search for.");
		screen_lines_key(out, "Enter", K_ENTER, "find");
		screen_lines_key(out, "Esc", K_ESC, "cancel");
		return;
	}
	if (v->missed) {
		buf_addf(&out->help, "Not found: %s", v->sought);
		out->help_role = ROLE_WARN;
	} else if (lines > v->rows) {
		buf_addf(&out->help, "Lines %d to %d of %d", v->first + 1, last < lines ? last : lines, lines);
	}
	if (lines > v->rows)
		screen_lines_key(out, "↑↓", 0, "move");
	screen_lines_key(out, "/", '/', "find");
	if (v->sought)
		screen_lines_key(out, "n N", 'n', "next, previous");
}
