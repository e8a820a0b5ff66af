/* SPDX-License-Identifier: MIT */
/* page_rows: the rows of the wizard's current page, made of its questions, and the cursor among them. */
#ifndef TUI_PAGE_ROWS_H
#define TUI_PAGE_ROWS_H

#include "tui/toolkit/theme.h"
#include "wizard/wizard.h"

enum page_row_kind {
	PAGE_BLANK,
	PAGE_HEADING, /* title of a question whose options follow */
	PAGE_OPTION,  /* one of them; sub is its number */
	PAGE_FIELD,
	PAGE_ITEM,     /* of a list; sub is its number */
	PAGE_ADD,      /* adds an item */
	PAGE_ADVANCED, /* unfolds the advanced questions */
	PAGE_NOTE,     /* a line of text: what is wrong, what a list reports of itself; sub is its number in the text */
};

struct page_row {
	enum page_row_kind kind;
	const struct wizard_question *q;
	int sub;
	bool titled; /* its question's title is in this row */
	char *text;  /* PAGE_NOTE, PAGE_HEADING, PAGE_ADVANCED */
	enum role role;
};

enum { PAGE_SUB_FIELD = -1, PAGE_SUB_ADD = -2 };
#define PAGE_ID 64 /* bytes of a question's id at most */

struct page_rows;

struct page_rows *page_rows_new(struct wizard *w); /* `w` is borrowed */
void page_rows_free(struct page_rows *p);
/* Sets the columns that notes may take; counts from the next build on. */
void page_rows_set_width(struct page_rows *p, int columns);
/* Makes the rows again; rows that were returned before are freed. */
void page_rows_build(struct page_rows *p);
size_t page_rows_count(const struct page_rows *p);
const struct page_row *page_rows_at(const struct page_rows *p, size_t at); /* NULL beyond the end */
int page_rows_title_width(const struct page_rows *p);

/* Whether the cursor can be on the row; false for NULL. */
bool page_row_takes_focus(const struct page_row *r);
/* The row under the cursor. If it has disappeared, the cursor moves to the next best one. The count: none takes it. */
size_t page_rows_focus(struct page_rows *p);
void page_rows_set_focus(struct page_rows *p, size_t at);
/* Moves the cursor to a question (NULL: the first), to its chosen option if the options are rows. */
void page_rows_focus_question(struct page_rows *p, const struct wizard_question *q);
/* Shows the advanced questions of the page, with the cursor on the first of them. */
void page_rows_unfold(struct page_rows *p);

/* Whether the answer is a line of text. */
bool page_question_is_typed(const struct wizard_question *q);
/* Whether the options are rows. */
bool page_question_is_open(struct wizard *w, const struct wizard_question *q);

#endif
