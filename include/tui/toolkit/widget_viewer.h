/* SPDX-License-Identifier: MIT */
/*
 * viewer: a text of many lines to read: scrolls, wraps, finds; follows its end as lines are added
 * while the end is in sight.
 */
#ifndef TUI_TOOLKIT_WIDGET_VIEWER_H
#define TUI_TOOLKIT_WIDGET_VIEWER_H

#include "tui/toolkit/screen.h"
#include "tui/toolkit/widget_text.h"

struct viewer {
	struct strv source; /* lines as they were given */
	struct strv lines;  /* the same, wrapped to `columns` */
	char *open;	    /* the last line as far as it has come, NULL: none */
	size_t open_lines;  /* how many of `lines` it takes, at their end */
	int columns, rows, first;
	bool follow; /* the end stays in sight */
	bool searching, wraps;
	struct text_field query;
	int query_column; /* of its cursor, as painted */
	char *found;	  /* what is looked for, NULL: nothing */
	int found_line;
	bool missed;			     /* it is nowhere */
	size_t cap;			     /* most source lines, 0: all */
	enum role (*role)(const char *line); /* how a line looks, NULL: as text */
};

void viewer_init(struct viewer *v);
void viewer_fini(struct viewer *v);
/* Replaces the text (copied). */
void viewer_set(struct viewer *v, const char *text);
/* Adds one line (copied). */
void viewer_add(struct viewer *v, const char *line);
/* What has come of the line after them, which has not ended yet (copied); NULL: nothing. */
void viewer_open(struct viewer *v, const char *text);
/* How many lines it takes at this width. */
int viewer_lines(struct viewer *v, int columns);
void viewer_paint(struct viewer *v, const struct canvas *c);
/* Where the cursor is while something is typed; row -1 else. */
void viewer_cursor(const struct viewer *v, int *row, int *column);
bool viewer_key(struct viewer *v, const struct key *k);
/* Its keys for the last line, and the place in the text for the line above. */
void viewer_help(const struct viewer *v, struct screen_lines *out);

#endif
