/* SPDX-License-Identifier: MIT */
/* page_paint: the names of the pages, and the rows of the current one; see page.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "page.h"

#define LEFT 2
#define TOP 4 /* rows above the questions */
#define FIELD_WIDE 36
#define FIELD_NUMBER 12

/* ---- the pages' names ---- */

static const char *page_paint_state_sign(const struct canvas *c, enum wizard_page_state s)
{
	switch (s) {
	case WIZARD_DONE:
		return canvas_glyph(c, GLYPH_DONE);
	case WIZARD_WRONG:
		return canvas_glyph(c, GLYPH_FAILED);
	case WIZARD_CURRENT:
		return canvas_glyph(c, GLYPH_FOCUS);
	default:
		return "";
	}
}

static int page_paint_tabs_width(const struct canvas *c, struct page *p, int gap)
{
	int width = -gap;

	for (int i = 0; i < WIZARD_PAGE_COUNT; i++) {
		const char *sign = page_paint_state_sign(c, wizard_page_state(p->w, i));

		width += canvas_width(c, wizard_page_title(i)) + (*sign ? 2 : 0) + gap;
	}
	return width;
}

static void paint_tabs(const struct canvas *c, struct page *p)
{
	int gap = page_paint_tabs_width(c, p, 2) <= c->columns - 2 * LEFT ? 2 : 1;
	bool fits = page_paint_tabs_width(c, p, gap) <= c->columns - LEFT;
	int column = LEFT;

	for (int i = 0; i < WIZARD_PAGE_COUNT; i++) {
		enum wizard_page_state state = wizard_page_state(p->w, i);
		bool here = (enum wizard_page)i == wizard_page(p->w);
		const char *sign = page_paint_state_sign(c, state);
		enum role role = here ? ROLE_STRONG : state == WIZARD_AHEAD ? ROLE_DIM : ROLE_TEXT;

		p->tabs[i].left = p->tabs[i].right = -1;
		if (!fits && !here)
			continue; /* narrow: where one is, and which of how many the first line says
				   */
		p->tabs[i].left = column;
		column += canvas_put(c, 0, column, role, wizard_page_title(i));
		if (*sign)
			column += 1 + canvas_put(c, 0, column + 1,
						 state == WIZARD_WRONG	? ROLE_BAD
						 : state == WIZARD_DONE ? ROLE_GOOD
									: ROLE_KEY,
						 sign);
		p->tabs[i].right = column;
		column += gap;
	}
}

/* ---- rows ---- */

static int page_paint_field_width(const struct wizard_question *q)
{
	return q->widget == WIZARD_NUMBER || q->widget == WIZARD_SIZE || q->widget == WIZARD_DURATION ? FIELD_NUMBER
												      : FIELD_WIDE;
}

/* The text under the cursor is the wizard's, unless it is being edited. */
static void page_paint_load_edit(struct page *p, const struct wizard_question *q)
{
	const char *text = wizard_text(p->w, q);

	if (!strcmp(p->edit_id, q->id) && !strcmp(p->edit.text, text))
		return;
	text_field_set(&p->edit, text);
	snprintf(p->edit_id, sizeof(p->edit_id), "%s", q->id);
}

/* Where the page's fields begin. */
static int page_paint_field_left(const struct page *p)
{
	return LEFT + 2 + p->title_width + 3;
}

/* How wide a text's field is among the page's columns. */
static int page_paint_text_width(const struct wizard_question *q, int column, int columns)
{
	int room = columns - column - 1;

	return page_paint_field_width(q) < room ? page_paint_field_width(q) : room;
}

/* "auto" stands in the field: "(2)" is what it means. Behind it, or beside the field. */
static void paint_meaning(const struct canvas *c, int row, int column, int width, const char *text, const char *shown,
			  bool focus)
{
	int at;

	if (!strncmp(shown, text, strlen(text)))
		shown += strlen(text);
	shown += strspn(shown, " ");
	at = canvas_width(c, text) + 1;
	if (at + canvas_width(c, shown) > width)
		canvas_put(c, row, column + width + 2, ROLE_DIM, shown);
	else
		canvas_put(c, row, column + at, focus ? ROLE_FOCUS_DIM : ROLE_DIM, shown);
}

static void paint_typed(struct page *p, const struct canvas *c, int row, int column, const struct wizard_question *q,
			bool focus)
{
	const char *text = wizard_text(p->w, q);
	const char *shown = wizard_shown(p->w, q);
	bool wrong = wizard_wrong(p->w, q) != NULL;
	int width = page_paint_text_width(q, column, c->columns);
	struct text_field plain = {.text = (char *)text, .len = strlen(text), .at = 0};

	if (focus) {
		page_paint_load_edit(p, q);
		p->cursor_row = row;
		p->cursor_column = text_field_paint(&p->edit, c, row, column, width, true, ROLE_TEXT);
		if (p->cursor_column >= column + width)
			p->cursor_column = column + width - 1;
		if (wrong)
			canvas_put(c, row, column + width + 1, ROLE_BAD, canvas_glyph(c, GLYPH_FAILED));
	} else if (wrong) {
		canvas_put_cut(c, row, column, width, ROLE_BAD, *text ? text : shown);
		canvas_put(c, row, column + width + 1, ROLE_BAD, canvas_glyph(c, GLYPH_FAILED));
	} else {
		text_field_paint(&plain, c, row, column, width, false, ROLE_TEXT);
		if (!*text) /* what nothing means */
			canvas_put_cut(c, row, column, width, ROLE_DIM, shown);
	}
	if (!wrong && *text && strcmp(text, shown))
		paint_meaning(c, row, column, width, text, shown, focus);
}

static void paint_field(struct page *p, const struct canvas *c, int row, int column, const struct wizard_question *q,
			bool focus)
{
	enum role role = focus ? ROLE_FOCUS : ROLE_TEXT;
	const char *shown;

	if (page_is_typed(q)) {
		paint_typed(p, c, row, column, q, focus);
		return;
	}
	shown = wizard_shown(p->w, q);
	switch (q->widget) {
	case WIZARD_BOOL:
		canvas_put(c, row, column, role, strcmp(wizard_text(p->w, q), "yes") ? "[ ]" : "[x]");
		break;
	default: /* a drop-down, a password */
		canvas_putf(c, row, column, role, "%s%s%s", canvas_glyph(c, GLYPH_OPEN), shown,
			    canvas_glyph(c, GLYPH_CLOSE));
		break;
	}
}

static void paint_option(struct page *p, const struct canvas *c, int row, const struct page_row *r, bool focus)
{
	struct wizard_list l = wizard_options(p->w, r->q);
	bool chosen = (size_t)r->sub == l.current;
	struct list_widths w;
	char *sign;

	if ((size_t)r->sub >= l.len)
		return;
	sign = xasprintf("(%s)", chosen ? canvas_glyph(c, GLYPH_RADIO_ON) : " ");
	list_measure(c, l.rows, l.len, &w);
	list_paint_row(c, row, LEFT, &l.rows[r->sub], &w, focus, sign);
	free(sign);
}

static void page_paint_row(struct page *p, const struct canvas *c, int row, const struct page_row *r, bool focus)
{
	int column = page_paint_field_left(p);

	if (r->titled) {
		canvas_put_cut(c, row, LEFT + 2, p->title_width, focus ? ROLE_STRONG : ROLE_TEXT, r->q->title);
	}
	if (focus && r->kind != PAGE_OPTION)
		canvas_put(c, row, LEFT, ROLE_KEY, canvas_glyph(c, GLYPH_FOCUS));
	switch (r->kind) {
	case PAGE_BLANK:
		break;
	case PAGE_HEADING:
		canvas_put(c, row, LEFT + 2, ROLE_HEADING, r->text);
		break;
	case PAGE_OPTION:
		paint_option(p, c, row, r, focus);
		break;
	case PAGE_FIELD:
		paint_field(p, c, row, column, r->q, focus);
		break;
	case PAGE_ITEM:
		canvas_put(c, row, column, focus ? ROLE_FOCUS : ROLE_TEXT, wizard_items(p->w, r->q)->items[r->sub]);
		break;
	case PAGE_ADD:
		canvas_put(c, row, column, focus ? ROLE_FOCUS : ROLE_DIM, "+ add");
		break;
	case PAGE_MORE:
		canvas_put_cut(c, row, LEFT + 2, c->columns - LEFT - 4, focus ? ROLE_FOCUS : ROLE_DIM, "Advanced");
		canvas_put_cut(c, row, LEFT + 22, c->columns - LEFT - 23, ROLE_DIM, r->text);
		break;
	case PAGE_SAY:
		if (!r->q) /* of the whole page */
			column = LEFT + 2;
		else if (page_is_open(p, r->q))
			column = LEFT + 6;
		if (r->role == ROLE_WORK && !r->sub)
			column += canvas_putf(c, row, column, r->role, "%s ", canvas_glyph(c, GLYPH_WORKING));
		canvas_put_cut(c, row, column, c->columns, r->role, r->text);
		break;
	}
}

static void paint_rows(struct page *p, const struct canvas *c)
{
	size_t focus = page_row_focus(p);
	int n = (int)p->count, at = (int)focus;

	p->in_sight = c->rows;
	if (at < n) {
		/* what is said of the row under the cursor stays in sight with it */
		int last = at;

		while (last + 1 < n && p->rows[last + 1].kind == PAGE_SAY)
			last++;
		if (p->first > at)
			p->first = at;
		if (last >= p->first + c->rows)
			p->first = last - c->rows + 1;
	}
	if (p->first > n - c->rows)
		p->first = n - c->rows;
	if (p->first < 0 || at == 0)
		p->first = 0;
	for (int i = 0; i < c->rows && p->first + i < n; i++)
		page_paint_row(p, c, i, &p->rows[p->first + i], (size_t)p->first + (size_t)i == focus);
	if (p->first > 0)
		canvas_put(c, 0, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (p->first + c->rows < n)
		canvas_put(c, c->rows - 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
}

/* Columns that the questions take. */
static int page_paint_questions_width(int columns)
{
	return columns - page_side_width(columns) - 1;
}

void page_click_text(struct page *p, const struct wizard_question *q, int column, bool focused)
{
	int left = page_paint_field_left(p);
	int width = page_paint_text_width(q, left, page_paint_questions_width(p->screen->columns));

	if (column < left || column >= left + width)
		return;
	page_paint_load_edit(p, q);
	if (!focused)
		p->edit.at = 0; /* as it was painted, from its beginning */
	text_field_click(&p->edit, width, column - left);
}

void page_paint(struct screen *s, const struct canvas *c)
{
	struct page *p = s->self;
	int side = page_side_width(c->columns);
	int wide = c->columns - side;
	const struct wizard_question *q = NULL;
	struct canvas part, beside;

	p->cursor_row = -1;
	paint_tabs(c, p);
	part = canvas_sub(c, TOP, 0, c->rows - TOP, page_paint_questions_width(c->columns));
	if (wizard_page(p->w) == WIZARD_REVIEW) {
		part = canvas_sub(c, PAGE_REVIEW_TOP, 0, c->rows - PAGE_REVIEW_TOP,
				  page_paint_questions_width(c->columns));
		page_review_paint(p, &part);
	} else {
		canvas_put_cut(c, 2, LEFT + 2, wide - LEFT - 4, ROLE_HEADING,
			       wizard_page_heading(p->w, wizard_page(p->w)));
		size_t at;

		p->say_width = wide - 32;
		page_rows_build(p);
		at = page_row_focus(p);
		q = at < p->count ? p->rows[at].q : NULL;
		paint_rows(p, &part);
		if (p->cursor_row >= 0)
			p->cursor_row += TOP;
	}
	if (side) {
		beside = canvas_sub(c, 2, wide, c->rows - 2, side - 1);
		page_side_paint(p, &beside, q);
	}
}

/* ---- the lines around ---- */

static void page_paint_password_keys(struct page *p, const struct wizard_question *q, struct screen_lines *out)
{
	screen_lines_key(out, "Space", ' ', "set");
	if (*wizard_text(p->w, q))
		screen_lines_key(out, "Del", K_DELETE, "remove");
}

static void page_paint_field_keys(struct page *p, const struct page_row *r, struct screen_lines *out)
{
	const struct wizard_question *q = r->q;

	switch (r->kind) {
	case PAGE_OPTION:
		screen_lines_key(out, "Enter", K_ENTER, "next page");
		screen_lines_key(out, "Space", ' ', "take it");
		return;
	case PAGE_ITEM:
		screen_lines_key(out, "Enter", K_ENTER, "change");
		screen_lines_key(out, "Del", K_DELETE, "remove");
		return;
	case PAGE_ADD:
		screen_lines_key(out, "Space", ' ', "add");
		screen_lines_key(out, "Enter", K_ENTER, "next page");
		return;
	case PAGE_MORE:
		screen_lines_key(out, "Space", ' ', "show them");
		break;
	default:
		if (!q)
			break;
		if (q->widget == WIZARD_BOOL)
			screen_lines_key(out, "Space", ' ', "change");
		else if (q->widget == WIZARD_PASSWORD)
			page_paint_password_keys(p, q, out);
		else if (q->widget == WIZARD_CHOICE)
			screen_lines_key(out, "Space", ' ', "choose");
		else if (q->widget == WIZARD_FILE || wizard_options(p->w, q).state != WIZARD_NO_LIST)
			screen_lines_key(out, "F2", K_F(2), "choose");
		break;
	}
	screen_lines_key(out, "Enter", K_ENTER, "next page");
}

void page_lines(struct screen *s, struct screen_lines *out)
{
	struct page *p = s->self;
	enum wizard_page page = wizard_page(p->w);
	const struct page_row *r;
	struct wizard_list l;
	size_t at;

	if (p->editing)
		buf_addf(&out->title, "%s · edit%s", wizard_spec(p->w)->name,
			 p->changed_below ? " · the file has changed" : "");
	else
		buf_adds(&out->title, "new machine");
	buf_addf(&out->status, "%d %s of %d", page + 1, wizard_page_title(page), WIZARD_PAGE_COUNT);
	if (page == WIZARD_REVIEW) {
		page_review_lines(p, out);
		return;
	}
	page_rows_build(p);
	at = page_row_focus(p);
	r = at < p->count ? &p->rows[at] : NULL;
	if (p->notice) {
		buf_adds(&out->help, p->notice);
		out->help_role = p->notice_role;
	} else if (r && r->kind == PAGE_OPTION) {
		l = wizard_options(p->w, r->q);
		if ((size_t)r->sub < l.len)
			buf_adds(&out->help, l.rows[r->sub].why_not ? l.rows[r->sub].why_not : l.rows[r->sub].note);
	} else if (r && r->q) {
		buf_adds(&out->help, wizard_note(p->w, r->q));
	}
	if (!out->help.len && r && r->q && r->q->help)
		buf_adds(&out->help, r->q->help);
	if (r && r->q && wizard_can_retry(wizard_options(p->w, r->q)))
		screen_lines_key(out, "F5", K_F(5), "ask again");
	else
		screen_lines_key(out, "↑↓", 0, "move");
	if (r)
		page_paint_field_keys(p, r, out);
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "F1", K_F(1), "help");
	screen_lines_key(out, "F10", K_F(10), "leave");
}
