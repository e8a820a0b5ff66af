/* SPDX-License-Identifier: MIT */
/* page_review: the last page: the machine in words, what is to be done, and the buttons that do it. */
#ifndef TUI_PAGE_REVIEW_H
#define TUI_PAGE_REVIEW_H

#include "page.h"
#include "page_save.h"

struct page_review;

struct page_review *page_review_new(struct page *page, struct page_save *save); /* both borrowed */
void page_review_free(struct page_review *r);					/* NULL is fine */
/* Shows it from the top, with the first button chosen. */
void page_review_reset(struct page_review *r);
/* Shows QEMU's command line if it was requested and is known now. */
void page_review_sync(struct page_review *r);
void page_review_paint(struct page_review *r, const struct canvas *c);
/* Adds help, if there is none yet, and keys. */
void page_review_lines(struct page_review *r, struct screen_lines *out);
/* Handles a key, or a press with row and column in its canvas. */
bool page_review_key(struct page_review *r, const struct key *k);

#endif
