/* SPDX-License-Identifier: MIT */
/* screen_page: the wizard's screen: keys, clicks, its life; see page.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "page.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

#define EDIT_MAX 1024
#define TOP 4

/* ---- moving ---- */

static void screen_page_move_by(struct page *p, int step)
{
	size_t at = page_row_focus(p);
	int i = (int)at + step;

	while (i >= 0 && i < (int)p->count && !page_row_takes_focus(&p->rows[i]))
		i += step;
	if (i >= 0 && i < (int)p->count)
		page_focus_row(p, (size_t)i);
	else if (step < 0)
		p->first = 0;
}

/* Home and End: the first row that can be had, seen from one end. */
static void screen_page_move_to_end(struct page *p, int step)
{
	int i = step > 0 ? 0 : (int)p->count - 1;

	while (i >= 0 && i < (int)p->count && !page_row_takes_focus(&p->rows[i]))
		i += step;
	if (i >= 0 && i < (int)p->count)
		page_focus_row(p, (size_t)i);
}

/* Tab: over the rest of a question's rows. */
static void screen_page_move_question(struct page *p, int step)
{
	size_t at = page_row_focus(p);
	const struct wizard_question *q = at < p->count ? p->rows[at].q : NULL;
	int i = (int)at;

	do
		i += step;
	while (i >= 0 && i < (int)p->count && (!page_row_takes_focus(&p->rows[i]) || (q && p->rows[i].q == q)));
	if (i < 0 || i >= (int)p->count)
		return;
	if (p->rows[i].q)
		page_focus_question(p, p->rows[i].q);
	else
		page_focus_row(p, (size_t)i);
}

static void page_changed(struct page *p, const struct wizard_question *wrong)
{
	p->first = p->scroll = 0;
	p->button = 0;
	p->wants_command = false;
	page_focus_question(p, wrong);
	app_changed(p->screen->app);
}

static void screen_page_go(struct page *p, enum wizard_page to)
{
	const struct wizard_question *wrong = NULL;

	if (!wizard_go(p->w, to, &wrong) && wrong && wizard_wrong(p->w, wrong))
		page_notice(p, ROLE_BAD, wizard_wrong(p->w, wrong));
	page_changed(p, wrong);
}

static void screen_page_next(struct page *p)
{
	const struct wizard_question *wrong = NULL;

	if (!wizard_next(p->w, &wrong) && wrong && wizard_wrong(p->w, wrong))
		page_notice(p, ROLE_BAD, wizard_wrong(p->w, wrong));
	page_changed(p, wrong);
}

/* ---- leaving ---- */

struct parting {
	struct page *page;
	bool program; /* leave all, not the wizard alone */
};

static void screen_page_on_parting(size_t choice, void *arg)
{
	struct parting *parting = arg;
	struct app *app = parting->page->screen->app;

	parting->page->parting = false;
	if (choice == 1) {
		screen_pop(parting->page->screen);
		if (parting->program)
			app_ask_leave(app);
	}
	free(parting);
}

static void screen_page_ask_parting(struct page *p, bool program)
{
	static const char *const choices[] = {"Stay", "Leave without saving"};
	struct parting *parting = xcalloc(1, sizeof(*parting));
	struct dialog_question q = {
		.title = "Leave",
		.text = "The answers have not been saved. They are gone when you leave now.",
		.choices = choices,
		.count = 2,
		.role = ROLE_WARN,
		.answer = screen_page_on_parting,
		.arg = parting,
	};

	parting->page = p;
	parting->program = program;
	p->parting = true;
	dialog_ask(p->screen->app, &q);
}

static bool page_leaving(struct screen *s)
{
	struct page *p = s->self;

	if (!wizard_dirty(p->w))
		return false;
	if (!p->parting)
		screen_page_ask_parting(p, true); /* over whatever dialog is there */
	return true;
}

static void screen_page_back(struct page *p)
{
	if (wizard_back(p->w))
		page_changed(p, NULL);
	else if (wizard_dirty(p->w))
		screen_page_ask_parting(p, false);
	else
		screen_pop(p->screen);
}

/* ---- keys ---- */

/* Takes the option under the cursor; false: it cannot be had, and why is said. */
static bool screen_page_take_option(struct page *p, const struct page_row *r)
{
	const struct wizard_question *q = r->q;
	struct wizard_list l = wizard_options(p->w, q);
	char *value;

	if ((size_t)r->sub >= l.len)
		return false;
	if (l.rows[r->sub].why_not) {
		page_notice(p, ROLE_BAD, l.rows[r->sub].why_not);
		return false;
	}
	if ((size_t)r->sub == l.current)
		return true;
	value = xstrdup(l.rows[r->sub].value);
	page_answer(p, q, value);
	free(value);
	return true;
}

static void screen_page_toggle(struct page *p, const struct wizard_question *q)
{
	page_answer(p, q, strcmp(wizard_text(p->w, q), "yes") ? "yes" : "no");
}

/* Space or a click: the row does what it is for. */
static void screen_page_act(struct page *p, const struct page_row *r)
{
	switch (r->kind) {
	case PAGE_OPTION:
		screen_page_take_option(p, r);
		break;
	case PAGE_ITEM:
		page_open_item(p, r->q, r->sub);
		break;
	case PAGE_ADD:
		page_open_item(p, r->q, PAGE_SUB_ADD);
		break;
	case PAGE_MORE:
		page_unfold(p);
		break;
	case PAGE_FIELD:
		if (r->q->widget == WIZARD_BOOL)
			screen_page_toggle(p, r->q);
		else if (r->q->widget == WIZARD_PASSWORD)
			page_open_password(p, r->q);
		else if (r->q->widget == WIZARD_CHOICE)
			page_open_list(p, r->q);
		break;
	default:
		break;
	}
}

static void screen_page_enter(struct page *p, const struct page_row *r)
{
	if (r && r->kind == PAGE_OPTION && !screen_page_take_option(p, r))
		return;
	if (r && r->kind == PAGE_ITEM)
		page_open_item(p, r->q, r->sub);
	else
		screen_page_next(p);
}

/* Keys that mean something for this row alone. */
static bool screen_page_row_key(struct page *p, const struct key *k, const struct page_row *r)
{
	const struct wizard_question *q = r->q;

	if (r->kind == PAGE_FIELD && page_is_typed(q)) {
		if (k->code == K_F(2) &&
		    (q->widget == WIZARD_FILE || wizard_options(p->w, q).state != WIZARD_NO_LIST)) {
			page_open_list(p, q);
			return true;
		}
		if (k->code == K_UP || k->code == K_DOWN || k->code == K_ENTER || k->code == K_TAB)
			return false;
		page_type(p, k, q);
		return key_is_text(k) || k->code == K_PASTE || k->code < K_SPECIAL || k->code == K_HOME ||
		       k->code == K_END;
	}
	if (r->kind == PAGE_ITEM && (k->code == K_DELETE || k->code == K_BACKSPACE)) {
		wizard_item_remove(p->w, q, (size_t)r->sub);
		return true;
	}
	if (r->kind == PAGE_FIELD && k->code == K_DELETE && q->widget == WIZARD_PASSWORD) {
		page_answer(p, q, "");
		return true;
	}
	if (k->code == ' ') {
		screen_page_act(p, r);
		return true;
	}
	if ((k->code == K_LEFT || k->code == K_RIGHT) && r->kind == PAGE_FIELD && q->widget == WIZARD_BOOL) {
		screen_page_toggle(p, q);
		return true;
	}
	return false;
}

static bool page_mouse(struct page *p, const struct key *k)
{
	int at = p->first + k->row - TOP;
	int columns = p->screen->columns;
	bool focused;

	if (k->mouse != MOUSE_PRESS)
		return false;
	if (k->row == 0) {
		for (int i = 0; i < WIZARD_PAGE_COUNT; i++)
			if (k->column >= p->tabs[i].left && k->column < p->tabs[i].right)
				screen_page_go(p, (enum wizard_page)i);
		return true;
	}
	if (k->column >= columns - page_side_width(columns))
		return true;
	if (wizard_page(p->w) == WIZARD_REVIEW)
		return page_review_key(p, k);
	page_rows_build(p);
	if (k->row < TOP || at < 0 || at >= (int)p->count || !page_row_takes_focus(&p->rows[at]))
		return true;
	focused = page_row_focus(p) == (size_t)at;
	page_focus_row(p, (size_t)at);
	if (p->rows[at].kind == PAGE_FIELD && page_is_typed(p->rows[at].q))
		page_click_text(p, p->rows[at].q, k->column, focused);
	else
		screen_page_act(p, &p->rows[at]);
	return true;
}

static bool screen_page_common_key(struct page *p, const struct key *k, const struct page_row *r)
{
	switch (k->code) {
	case K_UP:
		screen_page_move_by(p, -1);
		return true;
	case K_DOWN:
		screen_page_move_by(p, 1);
		return true;
	case K_TAB:
		screen_page_move_question(p, 1);
		return true;
	case K_BACKTAB:
		screen_page_move_question(p, -1);
		return true;
	case K_PAGE_UP:
		for (int i = 0; i < p->in_sight - 1; i++)
			screen_page_move_by(p, -1);
		return true;
	case K_PAGE_DOWN:
		for (int i = 0; i < p->in_sight - 1; i++)
			screen_page_move_by(p, 1);
		return true;
	case K_HOME:
		screen_page_move_to_end(p, 1);
		return true;
	case K_END:
		screen_page_move_to_end(p, -1);
		return true;
	case K_ENTER:
		screen_page_enter(p, r);
		return true;
	case K_ESC:
		screen_page_back(p);
		return true;
	default:
		return false;
	}
}

static bool page_key(struct screen *s, const struct key *k)
{
	struct page *p = s->self;
	size_t at;

	page_notice(p, ROLE_TEXT, NULL);
	if (k->code == K_MOUSE)
		return page_mouse(p, k);
	if (k->code == K_F(5)) {
		wizard_retry(p->w);
		return true;
	}
	if (wizard_page(p->w) == WIZARD_REVIEW) {
		if (page_review_key(p, k))
			return true;
		if (k->code != K_ESC)
			return false;
	}
	page_rows_build(p);
	at = page_row_focus(p);
	if (at < p->count && screen_page_row_key(p, k, &p->rows[at]))
		return true;
	return screen_page_common_key(p, k, at < p->count ? &p->rows[at] : NULL);
}

static void page_cursor(struct screen *s, int *row, int *column)
{
	struct page *p = s->self;

	*row = p->cursor_row;
	*column = p->cursor_column;
}

static char *page_help(struct screen *s)
{
	struct page *p = s->self;
	const struct wizard_question *q = NULL;
	size_t at;

	if (wizard_page(p->w) != WIZARD_REVIEW) {
		page_rows_build(p);
		at = page_row_focus(p);
		q = at < p->count ? p->rows[at].q : NULL;
	}
	if (!q)
		return xstrdup("This is the machine as it will be made. Nothing is written before you save. Left "
			       "and Right choose what is to be done, Enter does it; Esc goes back to the "
			       "questions, and no answer is lost.");
	return xasprintf("%s\n\n%s%s%s%s%s", q->title, q->help, q->field ? "\n\nIn the file: [" : "",
			 q->field ? q->field->section : "", q->field ? "] " : "", q->field ? q->field->column.key : "");
}

static void page_close(struct screen *s)
{
	struct page *p = s->self;

	loop_watch_stop(p->watch);
	page_rows_free(p);
	wizard_free(p->w);
	host_offers_free(p->offers);
	text_field_fini(&p->edit);
	free(p->notice);
	free(p);
}

static void page_sync(struct screen *s)
{
	struct page *p = s->self;

	if (p->stale)
		page_look_at_file(p);
	if (p->wants_command && wizard_command(p->w).state != WIZARD_LOADING)
		page_review_command(p);
}

static const struct screen_ops page_ops = {
	.name = "wizard",
	.sync = page_sync,
	.paint = page_paint,
	.cursor = page_cursor,
	.lines = page_lines,
	.key = page_key,
	.leaving = page_leaving,
	.help = page_help,
	.close = page_close,
};

static void screen_page_on_changed(void *arg)
{
	struct page *p = arg;

	if (p->screen)
		app_changed(p->screen->app);
}

/* What --set said and no question asks for now. */
static void screen_page_tell_idle(struct page *p, const struct strv *sets)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sets->len && !e.kind; i++)
		if (wizard_assigned(p->w, sets->items[i], &e) < 0)
			page_notice(p, ROLE_WARN, e.text);
	err_fini(&e);
}

static int screen_page_apply(struct page *p, const struct session_conf *conf, struct err *e)
{
	if (conf->machine) /* they are for its runs */
		return 0;
	for (size_t i = 0; conf->sets && i < conf->sets->len; i++)
		if (wizard_assign(p->w, conf->sets->items[i], e) < 0)
			return -1;
	if (conf->sets)
		screen_page_tell_idle(p, conf->sets);
	if (conf->mirror) {
		char *set = xasprintf("mirror.url=%s", conf->mirror);
		int r = wizard_assign(p->w, set, e);

		free(set);
		return r;
	}
	return 0;
}

struct screen *screen_wizard(struct app *app, const char *path, struct err *e)
{
	const struct session_conf *conf = app_sessions(app)->conf;
	struct page *p = xcalloc(1, sizeof(*p));
	struct host_offers_conf offers = {
		.loop = app_loop(app),
		.catalog = app_catalog(app),
		.store = app_store(app),
		.offline = conf->offline,
	};
	struct wizard_conf wizard;

	p->offers = host_offers_new(&offers);
	wizard = (struct wizard_conf){.catalog = app_catalog(app),
				      .offers = host_offers_get(p->offers),
				      .store = app_store(app),
				      .changed = screen_page_on_changed,
				      .arg = p};
	p->editing = path != NULL;
	p->w = path ? wizard_edit(&wizard, path, e) : wizard_new(&wizard);
	text_field_init(&p->edit, EDIT_MAX);
	if (!p->w || screen_page_apply(p, conf, e) < 0) {
		struct screen nobody = {.self = p};

		page_close(&nobody);
		return NULL;
	}
	p->screen = screen_push(app, &page_ops, p);
	page_focus_question(p, NULL);
	if (p->editing)
		page_watch_file(p);
	return p->screen;
}
