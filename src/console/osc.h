/* SPDX-License-Identifier: MIT */
/*
 * osc: what a guest requests of the user's terminal by OSC strings: a title (OSC 0 and 2) and a text for the clipboard
 * (OSC 52). The requests are limited and sanitized here; the console pane decides whether to grant them. Queries are
 * ignored.
 */
#ifndef CONSOLE_OSC_H
#define CONSOLE_OSC_H

#include <stdint.h>

#include "base/buf.h"

struct osc {
	struct buf string; /* that is being read */
	char *title;	   /* NULL: none */
	struct buf clip;
	uint32_t clips; /* number of texts so far */
};

void osc_init(struct osc *w);
void osc_fini(struct osc *w);
/* Begins a string, adds a byte, and ends it: then the request is read. */
void osc_begin(struct osc *w);
void osc_add(struct osc *w, char c);
void osc_end(struct osc *w);

#endif
