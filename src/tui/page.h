/* SPDX-License-Identifier: MIT */
/*
 * page: what the parts of the wizard's screen need of it. No page and no question is known by name: everything comes
 * from the wizard's data.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "tui/toolkit/app.h"
#include "wizard/wizard.h"

struct page; /* of screen_page.c */

struct wizard *page_wizard(const struct page *p);
struct screen *page_screen(const struct page *p);
struct app *page_app(const struct page *p);
/* Whether an existing file is edited. */
bool page_is_editing(const struct page *p);
/* Shows a text in the help line until the next key. NULL: none. */
void page_notice(struct page *p, enum role role, const char *text);
/* After an answer: shows what it has changed elsewhere. */
void page_answered(struct page *p);

#endif
