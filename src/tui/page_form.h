/* SPDX-License-Identifier: MIT */
/* page_form: the questions of a wizard's page as a form: painted, moved in, answered in place. */
#ifndef TUI_PAGE_FORM_H
#define TUI_PAGE_FORM_H

#include "page.h"
#include "tui/toolkit/key.h"

struct page_form;

struct page_form *page_form_new(struct page *page);
void page_form_free(struct page_form *p); /* NULL is fine */
/* Shows the current page from its top, with the cursor on a question; NULL: the first. */
void page_form_reset(struct page_form *p, const struct wizard_question *q);
/* The question under the cursor; NULL: none. */
const struct wizard_question *page_form_question(struct page_form *p);
/* Paints the form; `columns`: what notes may take beside the titles. */
void page_form_paint(struct page_form *p, const struct canvas *c, int columns);
/* Where the cursor was painted in the canvas; row -1: hidden. */
void page_form_cursor(const struct page_form *p, int *row, int *column);
/* Adds help, if there is none yet, and the keys of the row under the cursor. */
void page_form_lines(struct page_form *p, struct screen_lines *out);
/* Handles a key; false: not one of the form's. Enter that is not handled goes to the next page. */
bool page_form_key(struct page_form *p, const struct key *k);
/* Handles a press at a place of the form that takes `columns` columns. */
void page_form_press(struct page_form *p, int row, int column, int columns);

#endif
