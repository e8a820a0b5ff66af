/* SPDX-License-Identifier: MIT */
/* page_form: paints the rows of a page and gives the answers that need no dialog. */
#include "page_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "page_answer.h"
#include "page_rows.h"
#include "tui/toolkit/widget_list.h"
#include "tui/toolkit/widget_text.h"

#define LEFT 2
#define FIELD_WIDE 36
#define FIELD_NUMBER 12
#define EDIT_MAX 1024

struct page_form {
	struct page *page;
	struct wizard *w;
	struct page_rows *rows;
	int first, in_sight;	/* of the rows */
	struct text_field edit; /* the text under the cursor, of the question edit_id */
	char edit_id[PAGE_ID];	/* "": to be loaded again */
	int cursor_row, cursor_column;
};

struct page_form *page_form_new(struct page *page)
{
	struct page_form *p = xcalloc(1, sizeof(*p));

	p->page = page;
	p->w = page_wizard(page);
	p->rows = page_rows_new(p->w);
	text_field_init(&p->edit, EDIT_MAX);
	return p;
}

void page_form_free(struct page_form *p)
{
	if (!p)
		return;
	page_rows_free(p->rows);
	text_field_fini(&p->edit);
	free(p);
}

/* Makes the rows again; returns the one under the cursor, or NULL. */
static const struct page_row *page_form_build(struct page_form *p)
{
	page_rows_build(p->rows);
	return page_rows_at(p->rows, page_rows_focus(p->rows));
}

const struct wizard_question *page_form_question(struct page_form *p)
{
	const struct page_row *r = page_form_build(p);

	return r ? r->q : NULL;
}

/* ---- painting ---- */

static int page_form_field_width(const struct wizard_question *q)
{
	return q->widget == WIZARD_NUMBER || q->widget == WIZARD_SIZE || q->widget == WIZARD_DURATION ? FIELD_NUMBER
												      : FIELD_WIDE;
}

/* Makes the text under the cursor the wizard's, unless it is being edited. */
static void page_form_load_edit(struct page_form *p, const struct wizard_question *q)
{
	const char *text = wizard_text(p->w, q);

	if (!strcmp(p->edit_id, q->id) && !strcmp(p->edit.text, text))
		return;
	text_field_set(&p->edit, text);
	snprintf(p->edit_id, sizeof(p->edit_id), "%s", q->id);
}

/* The column at which the fields begin. */
static int page_form_field_left(const struct page_form *p)
{
	return LEFT + 2 + page_rows_title_width(p->rows) + 3;
}

/* The width of a text's field among the columns of the page. */
static int page_form_text_width(const struct wizard_question *q, int column, int columns)
{
	int space = columns - column - 1;

	return page_form_field_width(q) < space ? page_form_field_width(q) : space;
}

/* Paints what the answer means behind it, or beside the field: "(2)" of "auto". */
static void page_form_paint_meaning(const struct canvas *c, int row, int column, int width, const char *text,
				    const char *shown, bool focus)
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

static void page_form_paint_typed(struct page_form *p, const struct canvas *c, int row, int column,
				  const struct wizard_question *q, bool focus)
{
	const char *text = wizard_text(p->w, q);
	const char *shown = wizard_shown(p->w, q);
	bool wrong = wizard_wrong(p->w, q) != NULL;
	int width = page_form_text_width(q, column, c->columns);
	struct text_field plain = {.text = (char *)text, .len = strlen(text), .at = 0};

	if (focus) {
		page_form_load_edit(p, q);
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
		page_form_paint_meaning(c, row, column, width, text, shown, focus);
}

static void page_form_paint_field(struct page_form *p, const struct canvas *c, int row, int column,
				  const struct wizard_question *q, bool focus)
{
	enum role role = focus ? ROLE_FOCUS : ROLE_TEXT;
	const char *shown;

	if (page_question_is_typed(q)) {
		page_form_paint_typed(p, c, row, column, q, focus);
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

static void page_form_paint_option(struct page_form *p, const struct canvas *c, int row, const struct page_row *r,
				   bool focus)
{
	struct choice_list l = wizard_options(p->w, r->q);
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

static void page_form_paint_row(struct page_form *p, const struct canvas *c, int row, const struct page_row *r,
				bool focus)
{
	int column = page_form_field_left(p);

	if (r->titled) {
		canvas_put_cut(c, row, LEFT + 2, page_rows_title_width(p->rows), focus ? ROLE_STRONG : ROLE_TEXT,
			       r->q->title);
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
		page_form_paint_option(p, c, row, r, focus);
		break;
	case PAGE_FIELD:
		page_form_paint_field(p, c, row, column, r->q, focus);
		break;
	case PAGE_ITEM:
		canvas_put(c, row, column, focus ? ROLE_FOCUS : ROLE_TEXT, wizard_items(p->w, r->q)->items[r->sub]);
		break;
	case PAGE_ADD:
		canvas_put(c, row, column, focus ? ROLE_FOCUS : ROLE_DIM, "+ add");
		break;
	case PAGE_ADVANCED:
		canvas_put_cut(c, row, LEFT + 2, c->columns - LEFT - 4, focus ? ROLE_FOCUS : ROLE_DIM, "Advanced");
		canvas_put_cut(c, row, LEFT + 22, c->columns - LEFT - 23, ROLE_DIM, r->text);
		break;
	case PAGE_NOTE:
		if (!r->q) /* of the whole page */
			column = LEFT + 2;
		else if (page_question_is_open(p->w, r->q))
			column = LEFT + 6;
		if (r->role == ROLE_WORK && !r->sub)
			column += canvas_putf(c, row, column, r->role, "%s ", canvas_glyph(c, GLYPH_WORKING));
		canvas_put_cut(c, row, column, c->columns, r->role, r->text);
		break;
	}
}

static void page_form_paint_rows(struct page_form *p, const struct canvas *c)
{
	size_t focus = page_rows_focus(p->rows);
	int n = (int)page_rows_count(p->rows), at = (int)focus;

	p->in_sight = c->rows;
	if (at < n) {
		/* the notes of the row under the cursor stay in sight with it */
		int last = at;

		while (last + 1 < n && page_rows_at(p->rows, (size_t)last + 1)->kind == PAGE_NOTE)
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
	for (int i = 0; i < c->rows && p->first + i < n; i++) {
		size_t row = (size_t)p->first + (size_t)i;

		page_form_paint_row(p, c, i, page_rows_at(p->rows, row), row == focus);
	}
	if (p->first > 0)
		canvas_put(c, 0, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (p->first + c->rows < n)
		canvas_put(c, c->rows - 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
}

void page_form_paint(struct page_form *p, const struct canvas *c, int columns)
{
	p->cursor_row = -1;
	page_rows_set_width(p->rows, columns);
	page_rows_build(p->rows);
	page_form_paint_rows(p, c);
}

void page_form_cursor(const struct page_form *p, int *row, int *column)
{
	*row = p->cursor_row;
	*column = p->cursor_column;
}

/* ---- the lines around ---- */

static void page_form_password_keys(struct page_form *p, const struct wizard_question *q, struct screen_lines *out)
{
	screen_lines_key(out, "Space", ' ', "set");
	if (*wizard_text(p->w, q))
		screen_lines_key(out, "Del", K_DELETE, "remove");
}

static void page_form_field_keys(struct page_form *p, const struct page_row *r, struct screen_lines *out)
{
	const struct wizard_question *q = r->q;

	switch (r->kind) {
	case PAGE_OPTION:
		screen_lines_key(out, "Enter", K_ENTER, "next page");
		screen_lines_key(out, "Space", ' ', "select");
		return;
	case PAGE_ITEM:
		screen_lines_key(out, "Enter", K_ENTER, "change");
		screen_lines_key(out, "Del", K_DELETE, "remove");
		return;
	case PAGE_ADD:
		screen_lines_key(out, "Space", ' ', "add");
		screen_lines_key(out, "Enter", K_ENTER, "next page");
		return;
	case PAGE_ADVANCED:
		screen_lines_key(out, "Space", ' ', "show them");
		break;
	default:
		if (!q)
			break;
		if (q->widget == WIZARD_BOOL)
			screen_lines_key(out, "Space", ' ', "change");
		else if (q->widget == WIZARD_PASSWORD)
			page_form_password_keys(p, q, out);
		else if (q->widget == WIZARD_CHOICE)
			screen_lines_key(out, "Space", ' ', "choose");
		else if (q->widget == WIZARD_FILE || wizard_options(p->w, q).state != CHOICE_NONE)
			screen_lines_key(out, "F2", K_F(2), "choose");
		break;
	}
	screen_lines_key(out, "Enter", K_ENTER, "next page");
}

/* Adds what is known of the row under the cursor. */
static void page_form_add_help(struct page_form *p, const struct page_row *r, struct screen_lines *out)
{
	struct choice_list l;

	if (r->kind == PAGE_OPTION) {
		l = wizard_options(p->w, r->q);
		if ((size_t)r->sub < l.len)
			buf_adds(&out->help, l.rows[r->sub].why_not ? l.rows[r->sub].why_not : l.rows[r->sub].note);
	} else if (r->q) {
		buf_adds(&out->help, wizard_note(p->w, r->q));
	}
	if (!out->help.len && r->q && r->q->help)
		buf_adds(&out->help, r->q->help);
}

void page_form_lines(struct page_form *p, struct screen_lines *out)
{
	const struct page_row *r = page_form_build(p);

	if (r && !out->help.len)
		page_form_add_help(p, r, out);
	if (r && r->q && choice_can_retry(wizard_options(p->w, r->q)))
		screen_lines_key(out, "F5", K_F(5), "ask again");
	else
		screen_lines_key(out, "↑↓", 0, "move");
	if (r)
		page_form_field_keys(p, r, out);
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "F1", K_F(1), "help");
	screen_lines_key(out, "F10", K_F(10), "leave");
}

/* ---- keys ---- */

/* The next row in steps of `step` that takes the cursor; the count: none. */
static size_t page_form_next_row(const struct page_form *p, int from, int step)
{
	int n = (int)page_rows_count(p->rows), i = from;

	while (i >= 0 && i < n && !page_row_takes_focus(page_rows_at(p->rows, (size_t)i)))
		i += step;
	return i >= 0 && i < n ? (size_t)i : (size_t)n;
}

static void page_form_move_by(struct page_form *p, int step)
{
	size_t to = page_form_next_row(p, (int)page_rows_focus(p->rows) + step, step);

	if (to < page_rows_count(p->rows))
		page_rows_set_focus(p->rows, to);
	else if (step < 0)
		p->first = 0;
}

/* Home and End: moves to the first row that takes the cursor, seen from one end. */
static void page_form_move_to_end(struct page_form *p, int step)
{
	size_t to = page_form_next_row(p, step > 0 ? 0 : (int)page_rows_count(p->rows) - 1, step);

	if (to < page_rows_count(p->rows))
		page_rows_set_focus(p->rows, to);
}

static void page_form_focus_question(struct page_form *p, const struct wizard_question *q)
{
	page_rows_focus_question(p->rows, q);
	p->edit_id[0] = '\0';
}

/* Tab: moves over the rest of a question's rows. */
static void page_form_move_question(struct page_form *p, int step)
{
	size_t at = page_rows_focus(p->rows);
	const struct page_row *r = page_rows_at(p->rows, at);
	const struct wizard_question *q = r ? r->q : NULL;

	do {
		at = page_form_next_row(p, (int)at + step, step);
		r = page_rows_at(p->rows, at);
	} while (r && q && r->q == q);
	if (r && r->q)
		page_form_focus_question(p, r->q);
	else if (r)
		page_rows_set_focus(p->rows, at);
}

/* Answers with the option under the cursor; false: it is not possible, and a notice shows why. */
static bool page_form_take_option(struct page_form *p, const struct page_row *r)
{
	const struct wizard_question *q = r->q;
	struct choice_list l = wizard_options(p->w, q);
	char *value;

	if ((size_t)r->sub >= l.len)
		return false;
	if (l.rows[r->sub].why_not) {
		page_notice(p->page, ROLE_BAD, l.rows[r->sub].why_not);
		return false;
	}
	if ((size_t)r->sub == l.current)
		return true;
	value = xstrdup(l.rows[r->sub].value);
	page_answer(p->page, q, value);
	free(value);
	return true;
}

static void page_form_toggle(struct page_form *p, const struct wizard_question *q)
{
	page_answer(p->page, q, strcmp(wizard_text(p->w, q), "yes") ? "yes" : "no");
}

/* Space or a click: does what the row is for. */
static void page_form_act(struct page_form *p, const struct page_row *r)
{
	switch (r->kind) {
	case PAGE_OPTION:
		page_form_take_option(p, r);
		break;
	case PAGE_ITEM:
		page_open_item(p->page, r->q, r->sub);
		break;
	case PAGE_ADD:
		page_open_item(p->page, r->q, PAGE_SUB_ADD);
		break;
	case PAGE_ADVANCED:
		page_rows_unfold(p->rows);
		p->edit_id[0] = '\0';
		break;
	case PAGE_FIELD:
		if (r->q->widget == WIZARD_BOOL)
			page_form_toggle(p, r->q);
		else if (r->q->widget == WIZARD_PASSWORD)
			page_open_password(p->page, r->q);
		else if (r->q->widget == WIZARD_CHOICE)
			page_open_list(p->page, r->q);
		break;
	default:
		break;
	}
}

static void page_form_type(struct page_form *p, const struct key *k, const struct wizard_question *q)
{
	/* the field may not have been painted yet with the cursor in it */
	if (strcmp(p->edit_id, q->id)) {
		text_field_set(&p->edit, wizard_text(p->w, q));
		snprintf(p->edit_id, sizeof(p->edit_id), "%s", q->id);
	}
	if (text_field_key(&p->edit, k) && strcmp(p->edit.text, wizard_text(p->w, q)))
		page_answer(p->page, q, p->edit.text);
}

/* Handles the keys of the row under the cursor. */
static bool page_form_row_key(struct page_form *p, const struct key *k, const struct page_row *r)
{
	const struct wizard_question *q = r->q;

	if (r->kind == PAGE_FIELD && page_question_is_typed(q)) {
		if (k->code == K_F(2) && (q->widget == WIZARD_FILE || wizard_options(p->w, q).state != CHOICE_NONE)) {
			page_open_list(p->page, q);
			return true;
		}
		if (k->code == K_UP || k->code == K_DOWN || k->code == K_ENTER || k->code == K_TAB)
			return false;
		page_form_type(p, k, q);
		return key_is_text(k) || k->code == K_PASTE || k->code < K_SPECIAL || k->code == K_HOME ||
		       k->code == K_END;
	}
	if (r->kind == PAGE_ITEM && (k->code == K_DELETE || k->code == K_BACKSPACE)) {
		wizard_item_remove(p->w, q, (size_t)r->sub);
		return true;
	}
	if (r->kind == PAGE_FIELD && k->code == K_DELETE && q->widget == WIZARD_PASSWORD) {
		page_answer(p->page, q, "");
		return true;
	}
	if (k->code == ' ') {
		page_form_act(p, r);
		return true;
	}
	if ((k->code == K_LEFT || k->code == K_RIGHT) && r->kind == PAGE_FIELD && q->widget == WIZARD_BOOL) {
		page_form_toggle(p, q);
		return true;
	}
	return false;
}

void page_form_reset(struct page_form *p, const struct wizard_question *q)
{
	p->first = 0;
	page_form_focus_question(p, q);
}

/* Enter: false: goes to the next page. */
static bool page_form_enter(struct page_form *p, const struct page_row *r)
{
	if (r && r->kind == PAGE_OPTION)
		return !page_form_take_option(p, r);
	if (!r || r->kind != PAGE_ITEM)
		return false;
	page_open_item(p->page, r->q, r->sub);
	return true;
}

bool page_form_key(struct page_form *p, const struct key *k)
{
	const struct page_row *r = page_form_build(p);

	if (r && page_form_row_key(p, k, r))
		return true;
	switch (k->code) {
	case K_UP:
		page_form_move_by(p, -1);
		return true;
	case K_DOWN:
		page_form_move_by(p, 1);
		return true;
	case K_TAB:
		page_form_move_question(p, 1);
		return true;
	case K_BACKTAB:
		page_form_move_question(p, -1);
		return true;
	case K_PAGE_UP:
		for (int i = 0; i < p->in_sight - 1; i++)
			page_form_move_by(p, -1);
		return true;
	case K_PAGE_DOWN:
		for (int i = 0; i < p->in_sight - 1; i++)
			page_form_move_by(p, 1);
		return true;
	case K_HOME:
		page_form_move_to_end(p, 1);
		return true;
	case K_END:
		page_form_move_to_end(p, -1);
		return true;
	case K_ENTER:
		return page_form_enter(p, r);
	default:
		return false;
	}
}

/* Puts the cursor of the text at a click. `focused`: it was in that text before. */
static void page_form_press_text(struct page_form *p, const struct wizard_question *q, int column, int columns,
				 bool focused)
{
	int left = page_form_field_left(p);
	int width = page_form_text_width(q, left, columns);

	if (column < left || column >= left + width)
		return;
	page_form_load_edit(p, q);
	if (!focused)
		p->edit.at = 0; /* as it was painted, from its beginning */
	text_field_click(&p->edit, width, column - left);
}

void page_form_press(struct page_form *p, int row, int column, int columns)
{
	size_t at = (size_t)p->first + (size_t)row;
	const struct page_row *r;
	bool focused;

	if (row < 0)
		return;
	page_rows_build(p->rows);
	r = page_rows_at(p->rows, at);
	if (!r || !page_row_takes_focus(r))
		return;
	focused = page_rows_focus(p->rows) == at;
	page_rows_set_focus(p->rows, at);
	if (r->kind == PAGE_FIELD && page_question_is_typed(r->q))
		page_form_press_text(p, r->q, column, columns, focused);
	else
		page_form_act(p, r);
}
