/* SPDX-License-Identifier: MIT */
/*
 * screen_page: the wizard's screen: the pages' names, one page as a form or the review, and beside it what the answers
 * mean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "page.h"
#include "page_form.h"
#include "page_review.h"
#include "page_save.h"
#include "page_side.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"
#include "wizard/host_offers.h"

#define LEFT 2
#define FORM_TOP 4 /* rows above the questions */
#define REVIEW_TOP 2

struct page {
	struct screen *screen;
	struct wizard *w;
	struct host_offers *offers;
	struct page_form *form;
	struct page_review *review;
	struct page_save *save;
	bool editing; /* of an existing file */
	bool leaving; /* a dialog asks whether to leave */
	char *notice; /* what the last answer changed elsewhere, or why it is not possible */
	enum role notice_role;
	/* where the pages' names were painted */
	struct {
		int left, right;
	} tabs[WIZARD_PAGE_COUNT];
};

struct wizard *page_wizard(const struct page *p)
{
	return p->w;
}

struct screen *page_screen(const struct page *p)
{
	return p->screen;
}

struct app *page_app(const struct page *p)
{
	return p->screen->app;
}

bool page_is_editing(const struct page *p)
{
	return p->editing;
}

void page_notice(struct page *p, enum role role, const char *text)
{
	free(p->notice);
	p->notice = xstrdup(text);
	p->notice_role = role;
}

void page_answered(struct page *p)
{
	const struct strv *notices = wizard_notices(p->w);
	AUTO_FREE char *text = NULL;

	if (!notices || !notices->len)
		return;
	text = strv_join(notices, " ");
	page_notice(p, ROLE_WARN, text);
}

/* ---- moving between pages ---- */

static void page_changed(struct page *p, const struct wizard_question *wrong)
{
	page_form_reset(p->form, wrong);
	page_review_reset(p->review);
	app_changed(p->screen->app);
}

static void page_go(struct page *p, enum wizard_page to)
{
	const struct wizard_question *wrong = NULL;

	if (!wizard_go(p->w, to, &wrong) && wrong && wizard_wrong(p->w, wrong))
		page_notice(p, ROLE_BAD, wizard_wrong(p->w, wrong));
	page_changed(p, wrong);
}

static void page_next(struct page *p)
{
	const struct wizard_question *wrong = NULL;

	if (!wizard_next(p->w, &wrong) && wrong && wizard_wrong(p->w, wrong))
		page_notice(p, ROLE_BAD, wizard_wrong(p->w, wrong));
	page_changed(p, wrong);
}

/* ---- leaving ---- */

struct page_leave {
	struct page *page;
	bool program; /* leave all, not the wizard alone */
};

static void page_on_leave(size_t choice, void *arg)
{
	struct page_leave *leave = arg;
	struct app *app = leave->page->screen->app;

	leave->page->leaving = false;
	if (choice == 1) {
		screen_pop(leave->page->screen);
		if (leave->program)
			app_ask_leave(app);
	}
	free(leave);
}

static void page_ask_leave(struct page *p, bool program)
{
	struct page_leave *leave = xcalloc(1, sizeof(*leave));

	leave->page = p;
	leave->program = program;
	p->leaving = true;
	dialog_ask_whether(p->screen->app, "Leave", "The answers have not been saved. They are lost if you leave now.",
			   "Stay", "Leave without saving", page_on_leave, leave);
}

static bool page_leaving(struct screen *s)
{
	struct page *p = s->self;

	if (!wizard_dirty(p->w))
		return false;
	if (!p->leaving)
		page_ask_leave(p, true); /* over whatever dialog is there */
	return true;
}

static void page_back(struct page *p)
{
	if (wizard_back(p->w))
		page_changed(p, NULL);
	else if (wizard_dirty(p->w))
		page_ask_leave(p, false);
	else
		screen_pop(p->screen);
}

/* ---- painting ---- */

static const char *page_state_sign(const struct canvas *c, enum wizard_page_state s)
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

static int page_tabs_width(const struct canvas *c, struct page *p, int gap)
{
	int width = -gap;

	for (int i = 0; i < WIZARD_PAGE_COUNT; i++) {
		const char *sign = page_state_sign(c, wizard_page_state(p->w, i));

		width += canvas_width(c, wizard_page_title(i)) + (*sign ? 2 : 0) + gap;
	}
	return width;
}

static void page_paint_tabs(const struct canvas *c, struct page *p)
{
	int gap = page_tabs_width(c, p, 2) <= c->columns - 2 * LEFT ? 2 : 1;
	bool fits = page_tabs_width(c, p, gap) <= c->columns - LEFT;
	int column = LEFT;

	for (int i = 0; i < WIZARD_PAGE_COUNT; i++) {
		enum wizard_page_state state = wizard_page_state(p->w, i);
		bool here = (enum wizard_page)i == wizard_page(p->w);
		const char *sign = page_state_sign(c, state);
		enum role role = here ? ROLE_STRONG : state == WIZARD_AHEAD ? ROLE_DIM : ROLE_TEXT;

		p->tabs[i].left = p->tabs[i].right = -1;
		if (!fits && !here)
			continue; /* narrow: only the current page's name; the first line shows its number */
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

/* The columns that the questions take. */
static int page_questions_width(int columns)
{
	return columns - page_side_width(columns) - 1;
}

static void page_paint(struct screen *s, const struct canvas *c)
{
	struct page *p = s->self;
	bool review = wizard_page(p->w) == WIZARD_REVIEW;
	int side = page_side_width(c->columns), top = review ? REVIEW_TOP : FORM_TOP;
	struct canvas part = canvas_sub(c, top, 0, c->rows - top, page_questions_width(c->columns));
	struct canvas beside = canvas_sub(c, 2, c->columns - side, c->rows - 2, side - 1);

	page_paint_tabs(c, p);
	if (review) {
		page_review_paint(p->review, &part);
	} else {
		canvas_put_cut(c, 2, LEFT + 2, c->columns - side - LEFT - 4, ROLE_HEADING,
			       wizard_page_heading(p->w, wizard_page(p->w)));
		page_form_paint(p->form, &part, c->columns - side - 32);
	}
	if (side)
		page_side_paint(p->w, &beside, review ? NULL : page_form_question(p->form));
}

static void page_cursor(struct screen *s, int *row, int *column)
{
	struct page *p = s->self;

	if (wizard_page(p->w) == WIZARD_REVIEW)
		return;
	page_form_cursor(p->form, row, column);
	if (*row >= 0)
		*row += FORM_TOP;
}

static void page_lines(struct screen *s, struct screen_lines *out)
{
	struct page *p = s->self;
	enum wizard_page page = wizard_page(p->w);

	if (p->editing)
		buf_addf(&out->title, "%s · edit%s", wizard_spec(p->w)->name,
			 page_save_is_changed(p->save) ? " · the file has changed" : "");
	else
		buf_adds(&out->title, "new machine");
	buf_addf(&out->status, "%d %s of %d", page + 1, wizard_page_title(page), WIZARD_PAGE_COUNT);
	if (p->notice) {
		buf_adds(&out->help, p->notice);
		out->help_role = p->notice_role;
	}
	if (page == WIZARD_REVIEW)
		page_review_lines(p->review, out);
	else
		page_form_lines(p->form, out);
}

static char *page_help(struct screen *s)
{
	struct page *p = s->self;
	const struct wizard_question *q = wizard_page(p->w) == WIZARD_REVIEW ? NULL : page_form_question(p->form);

	if (!q)
		return xstrdup("This is the machine as it will be created. Nothing is written before you save. Left "
			       "and Right choose what is to be done, Enter does it; Esc goes back to the "
			       "questions, and no answer is lost.");
	return xasprintf("%s\n\n%s%s%s%s%s", q->title, q->help, q->field ? "\n\nIn the file: [" : "",
			 q->field ? q->field->section : "", q->field ? "] " : "", q->field ? q->field->column.key : "");
}

/* ---- keys ---- */

static bool page_mouse(struct page *p, const struct key *k)
{
	int columns = p->screen->columns;
	struct key there = *k;

	if (k->mouse != MOUSE_PRESS)
		return false;
	if (k->row == 0) {
		for (int i = 0; i < WIZARD_PAGE_COUNT; i++)
			if (k->column >= p->tabs[i].left && k->column < p->tabs[i].right)
				page_go(p, (enum wizard_page)i);
		return true;
	}
	if (k->column >= columns - page_side_width(columns))
		return true;
	if (wizard_page(p->w) == WIZARD_REVIEW) {
		there.row -= REVIEW_TOP;
		return page_review_key(p->review, &there);
	}
	page_form_press(p->form, k->row - FORM_TOP, k->column, page_questions_width(columns));
	return true;
}

static bool page_key(struct screen *s, const struct key *k)
{
	struct page *p = s->self;
	bool review = wizard_page(p->w) == WIZARD_REVIEW;

	page_notice(p, ROLE_TEXT, NULL);
	if (k->code == K_MOUSE)
		return page_mouse(p, k);
	if (k->code == K_F(5)) {
		wizard_retry(p->w);
		return true;
	}
	if (review ? page_review_key(p->review, k) : page_form_key(p->form, k))
		return true;
	if (k->code == K_ENTER)
		page_next(p);
	else if (k->code == K_ESC)
		page_back(p);
	else
		return false;
	return true;
}

/* ---- life ---- */

static void page_free(struct page *p)
{
	page_save_free(p->save);
	page_review_free(p->review);
	page_form_free(p->form);
	wizard_free(p->w);
	host_offers_free(p->offers);
	free(p->notice);
	free(p);
}

static void page_close(struct screen *s)
{
	page_free(s->self);
}

static void page_sync(struct screen *s)
{
	struct page *p = s->self;

	page_save_sync(p->save);
	page_review_sync(p->review);
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

static void page_on_changed(void *arg)
{
	struct page *p = arg;

	if (p->screen)
		app_changed(p->screen->app);
}

static int page_apply(struct page *p, const struct session_conf *conf, struct err *e)
{
	AUTO_ERR struct err unused = ERR_INIT;

	if (conf->machine) /* --set and --mirror are for its runs */
		return 0;
	if (session_answer_options(conf, p->w, e) < 0)
		return -1;
	if (session_check_answers(conf, p->w, &unused) < 0)
		page_notice(p, ROLE_WARN, unused.text);
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
				      .changed = page_on_changed,
				      .arg = p};
	p->editing = path != NULL;
	p->w = path ? wizard_edit(&wizard, path, e) : wizard_new(&wizard);
	if (!p->w || page_apply(p, conf, e) < 0) {
		page_free(p);
		return NULL;
	}
	p->form = page_form_new(p);
	p->save = page_save_new(p);
	p->review = page_review_new(p, p->save);
	p->screen = screen_push(app, &page_ops, p);
	page_form_reset(p->form, NULL);
	if (p->editing)
		page_save_watch(p->save);
	return p->screen;
}
