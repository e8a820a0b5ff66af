/* SPDX-License-Identifier: MIT */
/*
 * page: the wizard's screen, by parts: what rows a page has, how they are painted, what keys do to
 * them, what stands beside and what the review adds. No page and no question is known by name: all
 * comes from the wizard's data.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "tui/toolkit/app.h"
#include "tui/toolkit/widget_list.h"
#include "tui/toolkit/widget_text.h"
#include "wizard/host_offers.h"
#include "wizard/wizard.h"

enum page_row_kind {
	PAGE_BLANK,
	PAGE_HEADING, /* title of a question whose options follow */
	PAGE_OPTION,  /* one of them; sub is its number */
	PAGE_FIELD,
	PAGE_ITEM, /* of a list; sub is its number */
	PAGE_ADD,  /* adds an item */
	PAGE_MORE, /* unfolds what few need */
	PAGE_SAY,  /* a sentence: what is wrong, what a list says of itself */
};

struct page_row {
	enum page_row_kind kind;
	const struct wizard_question *q;
	int sub;
	bool titled; /* its question's title stands here */
	char *text;  /* PAGE_SAY, PAGE_HEADING, PAGE_MORE; owned */
	enum role role;
};

#define PAGE_ID 64

struct page {
	struct screen *screen;
	struct wizard *w;
	struct host_offers *offers;
	bool editing; /* of an existing file */
	bool parting; /* it is being asked whether to leave */
	bool unfolded[WIZARD_PAGE_COUNT];
	/* the rows of the current page, made anew for each painting and key */
	struct page_row *rows;
	size_t count;
	int first, in_sight; /* of the rows */
	int title_width, say_width;
	/* where the cursor is: a question, and its option or item (-1: the field, -2: add) */
	char focus[PAGE_ID];
	int sub;
	struct text_field edit; /* the text under the cursor, of the question edit_id */
	char edit_id[PAGE_ID];
	char *notice; /* what the last answer changed elsewhere, or why it cannot be */
	enum role notice_role;
	int cursor_row, cursor_column; /* as painted; -1: none */
	/* where the pages' names were painted */
	struct {
		int left, right;
	} tabs[WIZARD_PAGE_COUNT];
	/* review */
	size_t button;
	/* somebody else wrote the file that is edited: to be looked at; it is so */
	struct loop_watch *watch;
	bool stale, changed_below;
	int scroll, review_rows;
	bool wants_command;
	int buttons_row;
	struct {
		int left, right;
	} spots[4];
};

enum { PAGE_SUB_FIELD = -1, PAGE_SUB_ADD = -2 };

/* page_rows.c */
void page_rows_build(struct page *p);
void page_rows_free(struct page *p);
bool page_row_takes_focus(const struct page_row *r);
/* Index of the row under the cursor; moves the cursor to the first one that takes it when its own
 * has gone. count: none takes it. */
size_t page_row_focus(struct page *p);
void page_focus_row(struct page *p, size_t at);
/* Shows the page's further questions, with the cursor on the first of them. */
void page_unfold(struct page *p);
/* To a question; its chosen option where they are in sight. */
void page_focus_question(struct page *p, const struct wizard_question *q);
bool page_is_typed(const struct wizard_question *q);		    /* has a line of text */
bool page_is_open(struct page *p, const struct wizard_question *q); /* options are rows */

/* page_paint.c */
void page_paint(struct screen *s, const struct canvas *c);
void page_lines(struct screen *s, struct screen_lines *out);
/* A click at this column, in the row of the question's text: the cursor goes there. `focused`: it was
 * in that text already. */
void page_click_text(struct page *p, const struct wizard_question *q, int column, bool focused);

/* page_side.c: the INI and the command beside the questions */
void page_side_paint(struct page *p, const struct canvas *c, const struct wizard_question *q);
/* How many columns of `columns` the side takes. */
int page_side_width(int columns);

/* page_edit.c: what an answer is changed by */
void page_type(struct page *p, const struct key *k, const struct wizard_question *q);
void page_answer(struct page *p, const struct wizard_question *q, const char *value);
void page_open_list(struct page *p, const struct wizard_question *q);
void page_open_item(struct page *p, const struct wizard_question *q, int at);
void page_open_password(struct page *p, const struct wizard_question *q);
void page_notice(struct page *p, enum role role, const char *text);

/* page_review.c; it begins at this row of the body */
#define PAGE_REVIEW_TOP 2
void page_review_paint(struct page *p, const struct canvas *c);
void page_review_lines(struct page *p, struct screen_lines *out);
/* QEMU's command line and its reasons, as a dialog, as soon as it is known. */
void page_review_command(struct page *p);
bool page_review_key(struct page *p, const struct key *k);

/* page_save.c: what to do once it is saved */
enum page_then { PAGE_THEN_NOTHING, PAGE_THEN_PREPARE, PAGE_THEN_BOOT };
void page_save(struct page *p, enum page_then then);
/* Whoever else writes the file is noticed: `stale` is set, then it is looked at. */
void page_watch_file(struct page *p);
void page_look_at_file(struct page *p);

#endif
