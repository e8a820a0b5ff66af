/* SPDX-License-Identifier: MIT */
/* page_rows: lists the questions of a page row by row; the cursor is kept by the question's id. */
#include "page_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/canvas.h"

#define ADVANCED_NAMES 40 /* columns at most, beside "and 10 more" */
#define OPEN_MAX 10	  /* options that are shown as rows */

struct page_rows {
	struct wizard *w;
	struct page_row *rows;
	size_t count;
	int title_width, note_width;
	bool unfolded[WIZARD_PAGE_COUNT];
	/* the cursor: a question, or "advanced", and its option, item, PAGE_SUB_FIELD or PAGE_SUB_ADD */
	char focus[PAGE_ID];
	int sub;
};

struct page_rows *page_rows_new(struct wizard *w)
{
	struct page_rows *p = xcalloc(1, sizeof(*p));

	p->w = w;
	return p;
}

void page_rows_set_width(struct page_rows *p, int columns)
{
	p->note_width = columns;
}

size_t page_rows_count(const struct page_rows *p)
{
	return p->count;
}

const struct page_row *page_rows_at(const struct page_rows *p, size_t at)
{
	return at < p->count ? &p->rows[at] : NULL;
}

int page_rows_title_width(const struct page_rows *p)
{
	return p->title_width;
}

bool page_question_is_typed(const struct wizard_question *q)
{
	switch (q->widget) {
	case WIZARD_TEXT:
	case WIZARD_COMBO:
	case WIZARD_NUMBER:
	case WIZARD_SIZE:
	case WIZARD_DURATION:
	case WIZARD_FILE:
		return true;
	default:
		return false;
	}
}

/* Options that say more than their name are worth a row each. */
bool page_question_is_open(struct wizard *w, const struct wizard_question *q)
{
	struct choice_list l;

	if (q->widget != WIZARD_CHOICE)
		return false;
	l = wizard_options(w, q);
	if (l.len > OPEN_MAX)
		return false;
	for (size_t i = 0; i < l.len; i++)
		if (*l.rows[i].columns[0])
			return true;
	return false;
}

bool page_row_takes_focus(const struct page_row *r)
{
	return r && (r->kind == PAGE_OPTION || r->kind == PAGE_FIELD || r->kind == PAGE_ITEM || r->kind == PAGE_ADD ||
		     r->kind == PAGE_ADVANCED);
}

static struct page_row *page_rows_add(struct page_rows *p, enum page_row_kind kind, const struct wizard_question *q,
				      int sub)
{
	p->rows = xreallocarray(p->rows, p->count + 1, sizeof(*p->rows));
	p->rows[p->count] = (struct page_row){.kind = kind, .q = q, .sub = sub};
	return &p->rows[p->count++];
}

static void page_rows_add_note(struct page_rows *p, const struct wizard_question *q, enum role role, const char *text)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	struct page_row *r;
	int width = p->note_width > 20 ? p->note_width : 20;

	if (!q || page_question_is_open(p->w, q)) /* it has the columns of the titles, too */
		width += q ? 20 : 24;
	canvas_wrap_lines(text, width, &lines);
	for (size_t i = 0; i < lines.len; i++) {
		r = page_rows_add(p, PAGE_NOTE, q, (int)i);
		r->text = xstrdup(lines.items[i]);
		r->role = role;
	}
}

static void page_rows_add_open(struct page_rows *p, const struct wizard_question *q, bool first)
{
	struct choice_list l = wizard_options(p->w, q);

	if (!first) {
		page_rows_add(p, PAGE_BLANK, NULL, 0);
		page_rows_add(p, PAGE_HEADING, q, 0)->text = xstrdup(q->title);
	}
	for (size_t i = 0; i < l.len; i++)
		page_rows_add(p, PAGE_OPTION, q, (int)i);
	if (*l.note)
		page_rows_add_note(p, q,
				   l.state == CHOICE_LOADING ? ROLE_WORK
				   : choice_can_retry(l)     ? ROLE_WARN
							     : ROLE_DIM,
				   l.note);
}

static void page_rows_add_list(struct page_rows *p, const struct wizard_question *q)
{
	const struct strv *items = wizard_items(p->w, q);
	struct page_row *r;

	for (size_t i = 0; i < items->len; i++)
		page_rows_add(p, PAGE_ITEM, q, (int)i)->titled = !i;
	r = page_rows_add(p, PAGE_ADD, q, PAGE_SUB_ADD);
	r->titled = !items->len;
}

static void page_rows_add_question(struct page_rows *p, const struct wizard_question *q, bool first, bool *after_open)
{
	const char *wrong = wizard_wrong(p->w, q);

	if (page_question_is_open(p->w, q)) {
		page_rows_add_open(p, q, first);
		*after_open = true;
	} else {
		if (*after_open)
			page_rows_add(p, PAGE_BLANK, NULL, 0);
		*after_open = false;
		if (wizard_is_list(q))
			page_rows_add_list(p, q);
		else
			page_rows_add(p, PAGE_FIELD, q, PAGE_SUB_FIELD)->titled = true;
	}
	if (wrong)
		page_rows_add_note(p, q, ROLE_BAD, wrong);
}

/* Whether the question is hidden: advanced, with its default, and right. */
static bool page_rows_is_folded(struct page_rows *p, const struct wizard_question *q)
{
	return q->advanced && !p->unfolded[q->page] && !wizard_touched(p->w, q) && !wizard_wrong(p->w, q);
}

/* Adds what the answers may lead to on this host; for the system page it is shown beside its questions. */
static void page_rows_add_warnings(struct page_rows *p, enum wizard_page page)
{
	AUTO_STRV struct strv warnings = STRV_INIT;

	if (page != WIZARD_SYSTEM)
		wizard_warnings(p->w, page, &warnings);
	if (warnings.len)
		page_rows_add(p, PAGE_BLANK, NULL, 0);
	for (size_t i = 0; i < warnings.len; i++)
		page_rows_add_note(p, NULL, ROLE_WARN, warnings.items[i]);
}

/* Adds the row of the hidden questions, with their titles as far as they fit. */
static void page_rows_add_advanced(struct page_rows *p, const struct strv *titles)
{
	int space = p->note_width - 6; /* of the row as it is painted, without "and 10 more" */
	struct buf b;
	size_t i;

	if (space > ADVANCED_NAMES)
		space = ADVANCED_NAMES;
	buf_init(&b, 0);
	for (i = 0; i < titles->len; i++) {
		if (i && (int)(b.len + strlen(titles->items[i])) > space)
			break;
		buf_addf(&b, "%s%s", i ? ", " : "", titles->items[i]);
	}
	if (i < titles->len)
		buf_addf(&b, " and %zu more", titles->len - i);
	page_rows_add(p, PAGE_BLANK, NULL, 0);
	page_rows_add(p, PAGE_ADVANCED, NULL, 0)->text = buf_steal(&b);
}

static void page_rows_clear(struct page_rows *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->rows[i].text);
	free(p->rows);
	p->rows = NULL;
	p->count = 0;
}

void page_rows_free(struct page_rows *p)
{
	if (p)
		page_rows_clear(p);
	free(p);
}

void page_rows_build(struct page_rows *p)
{
	enum wizard_page page = wizard_page(p->w);
	const struct wizard_question *q = NULL;
	AUTO_STRV struct strv folded = STRV_INIT;
	bool first = true, after_open = false;

	page_rows_clear(p);
	p->title_width = 0;
	while ((q = wizard_question_next(p->w, page, q))) {
		if (page_rows_is_folded(p, q)) {
			strv_add(&folded, q->title);
			continue;
		}
		page_rows_add_question(p, q, first, &after_open);
		first = false;
		if (!page_question_is_open(p->w, q) && (int)strlen(q->title) > p->title_width)
			p->title_width = (int)strlen(q->title);
	}
	page_rows_add_warnings(p, page);
	if (folded.len)
		page_rows_add_advanced(p, &folded);
	if (p->title_width > 24)
		p->title_width = 24;
}

void page_rows_unfold(struct page_rows *p)
{
	enum wizard_page page = wizard_page(p->w);
	const struct wizard_question *q = NULL;

	while ((q = wizard_question_next(p->w, page, q)) && !page_rows_is_folded(p, q))
		;
	p->unfolded[page] = true;
	page_rows_focus_question(p, q);
}

static bool page_rows_is_focus(const struct page_rows *p, const struct page_row *r)
{
	if (!page_row_takes_focus(r))
		return false;
	if (r->kind == PAGE_ADVANCED)
		return !strcmp(p->focus, "advanced");
	return !strcmp(p->focus, r->q->id) && p->sub == r->sub;
}

void page_rows_set_focus(struct page_rows *p, size_t at)
{
	const struct page_row *r = &p->rows[at];

	snprintf(p->focus, sizeof(p->focus), "%s", r->kind == PAGE_ADVANCED ? "advanced" : r->q->id);
	p->sub = r->sub;
}

size_t page_rows_focus(struct page_rows *p)
{
	size_t same = p->count;

	for (size_t i = 0; i < p->count; i++) {
		if (page_rows_is_focus(p, &p->rows[i]))
			return i;
		/* an item that was removed: the last row of its question */
		if (page_row_takes_focus(&p->rows[i]) && p->rows[i].q && !strcmp(p->focus, p->rows[i].q->id))
			same = i;
	}
	for (size_t i = 0; same == p->count && i < p->count; i++)
		if (page_row_takes_focus(&p->rows[i]))
			same = i;
	if (same < p->count)
		page_rows_set_focus(p, same);
	return same;
}

void page_rows_focus_question(struct page_rows *p, const struct wizard_question *q)
{
	struct choice_list l;

	if (!q) {
		q = wizard_question_next(p->w, wizard_page(p->w), NULL);
		if (!q)
			return;
	}
	snprintf(p->focus, sizeof(p->focus), "%s", q->id);
	p->sub = PAGE_SUB_FIELD;
	if (wizard_is_list(q))
		p->sub = wizard_items(p->w, q)->len ? 0 : PAGE_SUB_ADD;
	if (page_question_is_open(p->w, q)) {
		l = wizard_options(p->w, q);
		p->sub = l.current < l.len ? (int)l.current : 0;
	}
}
