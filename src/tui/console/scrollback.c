/* SPDX-License-Identifier: MIT */
/* console_look: the scrollback: moving in it, searching, marking and copying; see console.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "console/row.h"
#include "pane.h"
#include "tui/toolkit/app.h"

static uint64_t scrollback_last_line(const struct pane *p)
{
	const struct view *v = attach_view(p->attach);

	return v->end + (uint64_t)(v->rows ? v->rows - 1 : 0);
}

/* The line of the cursor, and with it what is in sight, within what there is. */
static void scrollback_settle(struct pane *p)
{
	const struct view *v = attach_view(p->attach);
	uint64_t rows = (uint64_t)pane_rows(p), last = scrollback_last_line(p);

	if (p->at.line < v->first)
		p->at.line = v->first;
	if (p->at.line > last)
		p->at.line = last;
	if (p->at.col < 0)
		p->at.col = 0;
	if (p->at.col >= p->screen->columns)
		p->at.col = p->screen->columns - 1;
	if (p->at.line < p->top)
		p->top = p->at.line;
	if (p->at.line >= p->top + rows)
		p->top = p->at.line - rows + 1;
	if (p->top < v->first)
		p->top = v->first;
	app_changed(p->screen->app);
}

void pane_look(struct pane *p)
{
	const struct view *v = attach_view(p->attach);

	if (p->looking || !v->rows)
		return;
	p->looking = true;
	p->marking = p->has_hit = false;
	p->at = (struct pane_place){v->end + (uint64_t)v->modes.row, v->modes.col};
	p->top = v->end;
	scrollback_settle(p);
}

static void scrollback_leave(struct pane *p)
{
	p->looking = p->marking = p->has_hit = false;
	app_changed(p->screen->app);
}

static bool scrollback_before(struct pane_place a, struct pane_place b)
{
	return a.line < b.line || (a.line == b.line && a.col < b.col);
}

bool pane_is_marked(const struct pane *p, uint64_t line, int col)
{
	struct pane_place here = {line, col}, from = p->mark, to = p->at;

	if (p->has_hit && line == p->hit.line && col >= p->hit.col && col < p->hit.col + p->hit.cols)
		return true;
	if (!p->marking)
		return false;
	if (scrollback_before(to, from)) {
		from = p->at;
		to = p->mark;
	}
	return !scrollback_before(here, from) && !scrollback_before(to, here);
}

/* Text */

void pane_gather_step(struct pane *p)
{
	struct pane_gather *g = &p->gather;
	int cols = CONSOLE_COLS_MAX;
	struct cell *cells;
	bool more = true;

	if (!g->on || !p->attach)
		return;
	cells = xcalloc((size_t)cols, sizeof(*cells));
	if (g->at.line < attach_view(p->attach)->first)
		g->at = (struct pane_place){attach_view(p->attach)->first, 0};
	while (more && g->at.line <= g->end.line && g->at.line <= scrollback_last_line(p)) {
		more = attach_line(p->attach, g->at.line, cells, cols);
		if (!more)
			break;
		row_text(&g->text, cells, g->at.col, g->at.line == g->end.line ? g->end.col : cols);
		if (g->at.line != g->end.line)
			buf_addc(&g->text, '\n');
		g->at = (struct pane_place){g->at.line + 1, 0};
	}
	free(cells);
	if (!more)
		return;
	g->on = false;
	g->done(p);
	buf_fini(&g->text);
}

void pane_gather(struct pane *p, struct pane_place from, struct pane_place to, void (*done)(struct pane *p))
{
	buf_fini(&p->gather.text);
	p->gather = (struct pane_gather){.on = true, .at = from, .end = to, .done = done};
	buf_init(&p->gather.text, 0);
	pane_gather_step(p);
}

static void scrollback_on_copied(struct pane *p)
{
	char prefix[8];

	free(p->copied);
	p->copied = buf_steal(&p->gather.text);
	term_clip(app_term(p->screen->app), p->copied, strlen(p->copied)); /* as one that a terminal marks itself */
	pane_say(p, ROLE_GOOD, "Copied %zu bytes: %s ] pastes them", strlen(p->copied),
		 pane_key_name(p->prefix, prefix));
}

/* What is marked, or the line that the cursor is in. */
static void scrollback_gather_marked(struct pane *p, void (*done)(struct pane *p))
{
	struct pane_place from = {p->at.line, 0}, to = {p->at.line, CONSOLE_COLS_MAX};

	if (p->marking) {
		from = scrollback_before(p->at, p->mark) ? p->at : p->mark;
		to = scrollback_before(p->at, p->mark) ? p->mark : p->at;
		to.col++; /* the cell under the cursor too */
	}
	scrollback_leave(p);
	pane_gather(p, from, to, done);
}

/* Searching */

static void scrollback_on_found(const struct find_place *found, void *arg)
{
	struct pane *p = arg;

	p->has_hit = found != NULL;
	if (found) {
		p->hit = *found;
		p->at = (struct pane_place){found->line, found->col};
		scrollback_settle(p);
	} else {
		pane_say(p, ROLE_WARN, "Not found: %s", p->sought);
	}
	app_changed(p->screen->app);
}

static void scrollback_seek(struct pane *p, bool back, struct pane_place from)
{
	struct find_place at = {.line = from.line, .col = from.col};

	if (p->sought && *p->sought)
		attach_find(p->attach, p->sought, back, &at, scrollback_on_found, p);
}

static void scrollback_search_changed(struct pane *p)
{
	free(p->sought);
	p->sought = xstrdup(p->prompt.field.text);
	if (*p->sought)
		scrollback_seek(p, true, p->search_from);
	else
		p->has_hit = false;
}

static void scrollback_search_done(struct pane *p, const char *text)
{
	if (text)
		return;
	p->has_hit = false;
	p->at = p->search_from;
	scrollback_settle(p);
}

void pane_search(struct pane *p)
{
	pane_look(p);
	if (!p->looking)
		return;
	p->search_from = p->at;
	p->search_from.col++;
	pane_ask(p, "Search back: ", "", scrollback_search_changed, scrollback_search_done);
}

static void scrollback_again(struct pane *p, bool back)
{
	struct pane_place from = p->at;

	from.col += back ? 0 : 1;
	scrollback_seek(p, back, from);
}

/* Keys */

static void scrollback_move(struct pane *p, int64_t lines)
{
	if (lines < 0 && p->at.line < (uint64_t)-lines)
		p->at.line = 0;
	else
		p->at.line += (uint64_t)lines;
	scrollback_settle(p);
}

static void scrollback_scroll(struct pane *p, int64_t lines)
{
	uint64_t last = scrollback_last_line(p), rows = (uint64_t)pane_rows(p);

	if (lines > 0 && p->top + rows > last) { /* beyond the end: live again */
		scrollback_leave(p);
		return;
	}
	p->top = lines < 0 && p->top < (uint64_t)-lines ? 0 : p->top + (uint64_t)lines;
	if (p->top < attach_view(p->attach)->first)
		p->top = attach_view(p->attach)->first;
	if (p->at.line < p->top)
		p->at.line = p->top;
	if (p->at.line >= p->top + rows)
		p->at.line = p->top + rows - 1;
	scrollback_settle(p);
}

static void scrollback_on_mouse(struct pane *p, const struct key *k)
{
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		scrollback_scroll(p, k->mouse == MOUSE_WHEEL_UP ? -3 : 3);
	} else if (k->mouse == MOUSE_PRESS && k->row < pane_rows(p)) {
		p->at = (struct pane_place){p->top + (uint64_t)k->row, k->column};
		scrollback_settle(p);
	}
}

void pane_look_key(struct pane *p, const struct key *k)
{
	int page = pane_rows(p) > 1 ? pane_rows(p) - 1 : 1;

	switch (k->code) {
	case K_MOUSE:
		scrollback_on_mouse(p, k);
		break;
	case K_UP:
	case 'k':
		scrollback_move(p, -1);
		break;
	case K_DOWN:
	case 'j':
		scrollback_move(p, 1);
		break;
	case K_PAGE_UP:
	case K_CTRL('b'):
		scrollback_scroll(p, -page);
		break;
	case K_PAGE_DOWN:
	case K_CTRL('f'):
		scrollback_scroll(p, page);
		break;
	case K_HOME:
	case 'g':
		p->at = (struct pane_place){0, 0};
		scrollback_settle(p);
		break;
	case K_END:
	case 'G':
		p->at = (struct pane_place){scrollback_last_line(p), 0};
		scrollback_settle(p);
		break;
	case K_LEFT:
	case 'h':
		p->at.col--;
		scrollback_settle(p);
		break;
	case K_RIGHT:
	case 'l':
		p->at.col++;
		scrollback_settle(p);
		break;
	case '0':
		p->at.col = 0;
		scrollback_settle(p);
		break;
	case '$':
		p->at.col = p->screen->columns - 1;
		scrollback_settle(p);
		break;
	case ' ':
	case 'v':
		p->marking = !p->marking;
		p->mark = p->at;
		break;
	case K_ENTER:
	case 'y':
		scrollback_gather_marked(p, scrollback_on_copied);
		break;
	case 'w':
		scrollback_gather_marked(p, pane_save_text);
		break;
	case '/':
		pane_search(p);
		break;
	case 'n':
		scrollback_again(p, true);
		break;
	case 'N':
		scrollback_again(p, false);
		break;
	case K_ESC:
	case 'q':
		scrollback_leave(p);
		break;
	default:
		break;
	}
}
