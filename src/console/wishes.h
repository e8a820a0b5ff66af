/* SPDX-License-Identifier: MIT */
/*
 * wishes: what a guest would like of the person's terminal beside its screen: a title (OSC 0 and 2)
 * and a text for the clipboard (OSC 52). They are kept here, in their bounds and made harmless, for
 * whoever was allowed to grant them. Questions are not understood, so never answered.
 */
#ifndef CONSOLE_WISHES_H
#define CONSOLE_WISHES_H

#include <stdint.h>

#include "base/buf.h"

struct wishes {
	struct buf osc; /* of the string that is being read */
	char *title;	/* NULL: none */
	struct buf clip;
	uint32_t clips; /* how many texts came */
};

void wishes_init(struct wishes *w);
void wishes_fini(struct wishes *w);
/* A string begins, goes on, and is whole. */
void wishes_begin(struct wishes *w);
void wishes_add(struct wishes *w, char c);
void wishes_end(struct wishes *w);

#endif
