/* SPDX-License-Identifier: MIT */
/*
 * tail: the end of a machine's console log, line by line into a viewer, as it grows. What a guest
 * printed is made harmless.
 */
#ifndef TUI_TAIL_H
#define TUI_TAIL_H

#include <stddef.h>

#include "tui/toolkit/app.h"
#include "tui/toolkit/widget_viewer.h"

struct tail;

/* Begins at most `most` bytes before its end. `v` is borrowed. Never fails: a log that is not there
 * yet is waited for. */
struct tail *tail_open(struct app *app, const char *name, size_t most, struct viewer *v);
void tail_close(struct tail *t); /* NULL is fine */

#endif
