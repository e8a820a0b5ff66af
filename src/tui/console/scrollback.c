/* SPDX-License-Identifier: MIT */
/* scrollback: keeps a cursor within the lines that the supervisor has, and reads them page by page. */
#include "scrollback.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "console/row.h"
#include "transfer.h"

struct scrollback {
	struct pane *pane;
	bool open, marking;
	struct scrollback_place at, mark; /* the cursor; where marking began */
	uint64_t top;			  /* first line in sight */
	char *query;			  /* the last one */
	struct find_place hit;
	bool has_hit;
	struct scrollback_place search_from;
	char *copied;
	/* lines that are being read into a text */
	struct {
		bool on;
		struct scrollback_place at, end; /* up to before `end` */
		struct buf text;
		void (*done)(struct pane *p, char *text);
	} reader;
};

struct scrollback *scrollback_new(struct pane *p)
{
	struct scrollback *s = xcalloc(1, sizeof(*s));

	s->pane = p;
	buf_init(&s->reader.text, 0);
	return s;
}

void scrollback_free(struct scrollback *s)
{
	buf_fini(&s->reader.text);
	free(s->copied);
	free(s->query);
	free(s);
}

bool scrollback_is_open(const struct scrollback *s)
{
	return s->open;
}

uint64_t scrollback_top(const struct scrollback *s)
{
	return s->top;
}

struct scrollback_place scrollback_cursor(const struct scrollback *s)
{
	return s->at;
}

const char *scrollback_copied(const struct scrollback *s)
{
	return s->copied;
}

static const struct view *scrollback_view(const struct scrollback *s)
{
	return attach_view(pane_attach(s->pane));
}

static uint64_t scrollback_last_line(const struct scrollback *s)
{
	const struct view *v = scrollback_view(s);

	return v->end + (uint64_t)(v->rows ? v->rows - 1 : 0);
}

/* Keeps the cursor, and what is in sight around it, within the lines that exist. */
static void scrollback_clamp(struct scrollback *s)
{
	const struct view *v = scrollback_view(s);
	uint64_t rows = (uint64_t)pane_rows(s->pane), last = scrollback_last_line(s);

	if (s->at.line < v->first)
		s->at.line = v->first;
	if (s->at.line > last)
		s->at.line = last;
	if (s->at.col < 0)
		s->at.col = 0;
	if (s->at.col >= pane_columns(s->pane))
		s->at.col = pane_columns(s->pane) - 1;
	if (s->at.line < s->top)
		s->top = s->at.line;
	if (s->at.line >= s->top + rows)
		s->top = s->at.line - rows + 1;
	if (s->top < v->first)
		s->top = v->first;
	app_changed(pane_app(s->pane));
}

void scrollback_open(struct scrollback *s)
{
	const struct view *v = scrollback_view(s);

	if (s->open || !v->rows)
		return;
	s->open = true;
	s->marking = s->has_hit = false;
	s->at = (struct scrollback_place){v->end + (uint64_t)v->modes.row, v->modes.col};
	s->top = v->end;
	scrollback_clamp(s);
}

static void scrollback_leave(struct scrollback *s)
{
	s->open = s->marking = s->has_hit = false;
	app_changed(pane_app(s->pane));
}

static bool scrollback_before(struct scrollback_place a, struct scrollback_place b)
{
	return a.line < b.line || (a.line == b.line && a.col < b.col);
}

bool scrollback_is_marked(const struct scrollback *s, uint64_t line, int col)
{
	struct scrollback_place here = {line, col}, from = s->mark, to = s->at;

	if (s->has_hit && line == s->hit.line && col >= s->hit.col && col < s->hit.col + s->hit.cols)
		return true;
	if (!s->marking)
		return false;
	if (scrollback_before(to, from)) {
		from = s->at;
		to = s->mark;
	}
	return !scrollback_before(here, from) && !scrollback_before(to, here);
}

/* ---- text ---- */

void scrollback_read_on(struct scrollback *s)
{
	AUTO_FREE struct cell *cells = NULL;
	int cols = CONSOLE_COLS_MAX;

	if (!s->reader.on || !pane_attach(s->pane))
		return;
	cells = xcalloc((size_t)cols, sizeof(*cells));
	if (s->reader.at.line < scrollback_view(s)->first)
		s->reader.at = (struct scrollback_place){scrollback_view(s)->first, 0};
	while (s->reader.at.line <= s->reader.end.line && s->reader.at.line <= scrollback_last_line(s)) {
		bool last = s->reader.at.line == s->reader.end.line;

		if (!attach_line(pane_attach(s->pane), s->reader.at.line, cells, cols))
			return; /* its page was requested */
		row_text(&s->reader.text, cells, s->reader.at.col, last ? s->reader.end.col : cols);
		if (!last)
			buf_addc(&s->reader.text, '\n');
		s->reader.at = (struct scrollback_place){s->reader.at.line + 1, 0};
	}
	s->reader.on = false;
	s->reader.done(s->pane, buf_steal(&s->reader.text));
}

void scrollback_read(struct scrollback *s, struct scrollback_place from, struct scrollback_place to,
		     void (*done)(struct pane *p, char *text))
{
	buf_fini(&s->reader.text);
	buf_init(&s->reader.text, 0);
	s->reader.on = true;
	s->reader.at = from;
	s->reader.end = to;
	s->reader.done = done;
	scrollback_read_on(s);
}

static void scrollback_on_copied(struct pane *p, char *text)
{
	struct scrollback *s = pane_scrollback(p);
	char prefix[8], bytes[SIZE_TEXT];

	free(s->copied);
	s->copied = text;
	term_clip(app_term(pane_app(p)), text, strlen(text)); /* as if the terminal itself had marked it */
	pane_say(p, ROLE_GOOD, "Copied %s: %s ] pastes them", count_human(strlen(text), "byte", bytes),
		 pane_key_name(pane_prefix(p), prefix));
}

/* Reads what is marked, or the line of the cursor, and leaves the scrollback. */
static void scrollback_read_marked(struct scrollback *s, void (*done)(struct pane *p, char *text))
{
	struct scrollback_place from = {s->at.line, 0}, to = {s->at.line, CONSOLE_COLS_MAX};

	if (s->marking) {
		from = scrollback_before(s->at, s->mark) ? s->at : s->mark;
		to = scrollback_before(s->at, s->mark) ? s->mark : s->at;
		to.col++; /* the cell under the cursor too */
	}
	scrollback_leave(s);
	scrollback_read(s, from, to, done);
}

/* ---- searching ---- */

static void scrollback_on_found(const struct find_place *found, void *arg)
{
	struct scrollback *s = arg;

	s->has_hit = found != NULL;
	if (found) {
		s->hit = *found;
		s->at = (struct scrollback_place){found->line, found->col};
		scrollback_clamp(s);
	} else {
		pane_say(s->pane, ROLE_WARN, "Not found: %s", s->query);
	}
	app_changed(pane_app(s->pane));
}

static void scrollback_find(struct scrollback *s, bool back, struct scrollback_place from)
{
	struct find_place at = {.line = from.line, .col = from.col};

	if (s->query && *s->query)
		attach_find(pane_attach(s->pane), s->query, back, &at, scrollback_on_found, s);
}

static void scrollback_query_changed(struct pane *p, const char *text)
{
	struct scrollback *s = pane_scrollback(p);

	free(s->query);
	s->query = xstrdup(text);
	if (*s->query)
		scrollback_find(s, true, s->search_from);
	else
		s->has_hit = false;
}

static void scrollback_query_done(struct pane *p, const char *text)
{
	struct scrollback *s = pane_scrollback(p);

	if (text)
		return;
	s->has_hit = false;
	s->at = s->search_from;
	scrollback_clamp(s);
}

void scrollback_search(struct scrollback *s)
{
	scrollback_open(s);
	if (!s->open)
		return;
	s->search_from = s->at;
	s->search_from.col++;
	pane_ask(s->pane, "Search back: ", "", scrollback_query_changed, scrollback_query_done);
}

static void scrollback_again(struct scrollback *s, bool back)
{
	struct scrollback_place from = s->at;

	from.col += back ? 0 : 1;
	scrollback_find(s, back, from);
}

/* ---- keys ---- */

static void scrollback_move(struct scrollback *s, int64_t lines)
{
	if (lines < 0 && s->at.line < (uint64_t)-lines)
		s->at.line = 0;
	else
		s->at.line += (uint64_t)lines;
	scrollback_clamp(s);
}

static void scrollback_scroll(struct scrollback *s, int64_t lines)
{
	uint64_t last = scrollback_last_line(s), rows = (uint64_t)pane_rows(s->pane);

	if (lines > 0 && s->top + rows > last) { /* beyond the end: live again */
		scrollback_leave(s);
		return;
	}
	s->top = lines < 0 && s->top < (uint64_t)-lines ? 0 : s->top + (uint64_t)lines;
	if (s->top < scrollback_view(s)->first)
		s->top = scrollback_view(s)->first;
	if (s->at.line < s->top)
		s->at.line = s->top;
	if (s->at.line >= s->top + rows)
		s->at.line = s->top + rows - 1;
	scrollback_clamp(s);
}

static void scrollback_on_mouse(struct scrollback *s, const struct key *k)
{
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		scrollback_scroll(s, k->mouse == MOUSE_WHEEL_UP ? -3 : 3);
	} else if (k->mouse == MOUSE_PRESS && k->row < pane_rows(s->pane)) {
		s->at = (struct scrollback_place){s->top + (uint64_t)k->row, k->column};
		scrollback_clamp(s);
	}
}

void scrollback_key(struct scrollback *s, const struct key *k)
{
	int page = pane_rows(s->pane) > 1 ? pane_rows(s->pane) - 1 : 1;

	switch (k->code) {
	case K_MOUSE:
		scrollback_on_mouse(s, k);
		break;
	case K_UP:
	case 'k':
		scrollback_move(s, -1);
		break;
	case K_DOWN:
	case 'j':
		scrollback_move(s, 1);
		break;
	case K_PAGE_UP:
	case K_CTRL('b'):
		scrollback_scroll(s, -page);
		break;
	case K_PAGE_DOWN:
	case K_CTRL('f'):
		scrollback_scroll(s, page);
		break;
	case K_HOME:
	case 'g':
		s->at = (struct scrollback_place){0, 0};
		scrollback_clamp(s);
		break;
	case K_END:
	case 'G':
		s->at = (struct scrollback_place){scrollback_last_line(s), 0};
		scrollback_clamp(s);
		break;
	case K_LEFT:
	case 'h':
		s->at.col--;
		scrollback_clamp(s);
		break;
	case K_RIGHT:
	case 'l':
		s->at.col++;
		scrollback_clamp(s);
		break;
	case '0':
		s->at.col = 0;
		scrollback_clamp(s);
		break;
	case '$':
		s->at.col = pane_columns(s->pane) - 1;
		scrollback_clamp(s);
		break;
	case ' ':
	case 'v':
		s->marking = !s->marking;
		s->mark = s->at;
		break;
	case K_ENTER:
	case 'y':
		scrollback_read_marked(s, scrollback_on_copied);
		break;
	case 'w':
		scrollback_read_marked(s, transfer_save_text);
		break;
	case '/':
		scrollback_search(s);
		break;
	case 'n':
		scrollback_again(s, true);
		break;
	case 'N':
		scrollback_again(s, false);
		break;
	case K_ESC:
	case 'q':
		scrollback_leave(s);
		break;
	default:
		break;
	}
}
