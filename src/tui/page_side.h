/* SPDX-License-Identifier: MIT */
/* page_side: what the answers mean, beside the questions: the INI file, and QEMU's command line. */
#ifndef TUI_PAGE_SIDE_H
#define TUI_PAGE_SIDE_H

#include "tui/toolkit/canvas.h"
#include "wizard/wizard.h"

/* How many of `columns` the side takes; 0: the terminal is too narrow for it. */
int page_side_width(int columns);
/* Paints it, with the lines of the question's field marked (NULL: none). */
void page_side_paint(struct wizard *w, const struct canvas *c, const struct wizard_question *q);

#endif
