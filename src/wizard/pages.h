/* SPDX-License-Identifier: MIT */
/* pages: which page is shown, and which ones were entered. */
#ifndef WIZARD_PAGES_H
#define WIZARD_PAGES_H

#include "wizard/wizard.h"

struct wizard_pages *wizard_pages_new(void);
void wizard_pages_free(struct wizard_pages *pages);
/* Permits every page, as for a machine that exists. */
void wizard_pages_enter_all(struct wizard_pages *pages);

#endif
