/* SPDX-License-Identifier: MIT */
/* review: what the review concludes from the answers. */
#ifndef WIZARD_REVIEW_H
#define WIZARD_REVIEW_H

#include "wizard/wizard.h"

/* Whether the machine will run accelerated, as far as known. */
bool wizard_accelerates(struct wizard *w);
/* What `auto` means for the CPU model. */
const char *wizard_auto_model(struct wizard *w);

#endif
