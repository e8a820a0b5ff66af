/* SPDX-License-Identifier: MIT */
/*
 * line_reader: makes lines of what a program writes: a carriage return begins the line again, as a percentage does, and
 * control characters and escape sequences are taken out.
 */
#ifndef BASE_LINE_READER_H
#define BASE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct line_reader {
	struct buf line; /* the last one, still incomplete */
	bool returned;	 /* a carriage return came: the cursor is at its beginning */
	void (*take)(const char *line, void *arg);
	void *arg;
};

void line_reader_init(struct line_reader *r, void (*take)(const char *line, void *arg), void *arg);
void line_reader_fini(struct line_reader *r);
/* Calls take for each complete line, without its end; one that is very long counts as several. */
void line_reader_add(struct line_reader *r, const char *p, size_t n);
/* Calls take for an incomplete line, if there is one: no more follows. */
void line_reader_end(struct line_reader *r);
/* Returns the incomplete line (owned); NULL: none. */
char *line_reader_incomplete(const struct line_reader *r);

#endif
