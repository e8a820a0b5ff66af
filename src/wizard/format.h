/* SPDX-License-Identifier: MIT */
/* format: answers as texts for display, made on request and kept until the next change. */
#ifndef WIZARD_FORMAT_H
#define WIZARD_FORMAT_H

#include "wizard/wizard.h"

struct wizard_texts *wizard_texts_new(void);
void wizard_texts_free(struct wizard_texts *texts);
/* Drops all texts. */
void wizard_texts_forget(struct wizard_texts *texts);

#endif
