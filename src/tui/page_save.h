/* SPDX-License-Identifier: MIT */
/*
 * page_save: saves the wizard's file. It never overwrites a file whose difference was not shown, and notices if another
 * program changes the file while the questions are open.
 */
#ifndef TUI_PAGE_SAVE_H
#define TUI_PAGE_SAVE_H

#include "page.h"

struct page_save;

/* What to do after saving. */
enum page_then { PAGE_THEN_NOTHING, PAGE_THEN_PREPARE, PAGE_THEN_BOOT };

struct page_save *page_save_new(struct page *page);
void page_save_free(struct page_save *s); /* NULL is fine */
/* Notices from now on if another program writes the file. */
void page_save_watch(struct page_save *s);
/* After a change of the folder: compares the file, and shows a notice if it is another one. */
void page_save_sync(struct page_save *s);
/* Whether another program has changed the file since it was read. */
bool page_save_is_changed(const struct page_save *s);
/* Shows the difference, saves, then closes the wizard's screen and continues as `then` says. */
void page_save_do(struct page_save *s, enum page_then then);

#endif
