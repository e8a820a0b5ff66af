/* SPDX-License-Identifier: MIT */
/* page_answer: gives answers to the wizard's questions, by a value or by a dialog. */
#ifndef TUI_PAGE_ANSWER_H
#define TUI_PAGE_ANSWER_H

#include "page.h"

/* Answers with a value; a notice says what is wrong with it. */
void page_answer(struct page *p, const struct wizard_question *q, const char *value);
/* Opens the list of options, or of files. */
void page_open_list(struct page *p, const struct wizard_question *q);
/* Opens the dialog for an item of a list question; `at` counts from 0, PAGE_SUB_ADD (page_rows.h): a new one. */
void page_open_item(struct page *p, const struct wizard_question *q, int at);
/* Asks for a password, twice, without showing it. */
void page_open_password(struct page *p, const struct wizard_question *q);

#endif
