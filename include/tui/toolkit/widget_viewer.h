/* SPDX-License-Identifier: MIT */
/*
 * viewer: a text of many lines to read: scrolls, wraps, searches; follows its end as lines are added
 * while the end is in sight.
 */
#ifndef TUI_TOOLKIT_WIDGET_VIEWER_H
#define TUI_TOOLKIT_WIDGET_VIEWER_H

#include "tui/toolkit/screen.h"
#include "tui/toolkit/widget_text.h"

struct viewer {
	struct strv source;	 /* lines as they were given */
	struct strv lines;	 /* the same, wrapped to `columns` */
	char *incomplete;	 /* the last line as far as it has arrived; NULL: none */
	size_t incomplete_lines; /* how many of `lines` it takes, at their end */
	int columns, rows, first;
	bool follow; /* the end stays in sight */
	bool searching, wraps;
	struct text_field query;
	int query_column; /* of its cursor, as painted */
	char *sought;	  /* the text that is searched for; NULL: none */
	int found_line;
	bool missed;			     /* it was not found */
	size_t cap;			     /* source lines at most, 0: all */
	enum role (*role)(const char *line); /* how a line looks, NULL: as text */
};

void viewer_init(struct viewer *v);
void viewer_fini(struct viewer *v);
/* Replaces the text (copied). */
void viewer_set(struct viewer *v, const char *text);
/* Adds one line (copied). */
void viewer_add(struct viewer *v, const char *line);
/* Sets the incomplete line after them (copied); NULL: none. */
void viewer_set_incomplete(struct viewer *v, const char *text);
/* Returns how many lines the text takes at this width. */
int viewer_lines(struct viewer *v, int columns);
void viewer_paint(struct viewer *v, const struct canvas *c);
/* Where the cursor is while a search text is typed; else row -1. */
void viewer_cursor(const struct viewer *v, int *row, int *column);
bool viewer_key(struct viewer *v, const struct key *k);
/* Adds its keys to the last line, and the place in the text to the help line. */
void viewer_help(const struct viewer *v, struct screen_lines *out);

#endif
