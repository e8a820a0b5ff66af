/* SPDX-License-Identifier: MIT */
/* home: what the files of the first screen share. */
#ifndef TUI_HOME_H
#define TUI_HOME_H

#include "host/facts.h"
#include "prepare/doctor.h"
#include "tui/looks.h"
#include "tui/toolkit/file_watch.h"
#include "tui/toolkit/screen.h"
#include "tui/toolkit/widget_text.h"

struct home {
	struct overview *looks;
	size_t count, at, first;
	int rows; /* in sight */
	char at_name[64];
	bool stale;
	struct lookout lookout;
	struct host_facts host;
	struct doctor doctor; /* while there is no machine */
	/* the machine under the cursor as its file has it, where there is room to tell of it */
	struct home_near {
		char *name, *path;
		struct spec spec;
		bool has_spec;
		uint16_t ssh_port;
	} near;
	bool finding, missed; /* no name holds what is looked for */
	bool name_cut;	      /* the one under the cursor had no room in its row */
	struct text_field query;
	int query_column; /* of its cursor, as painted */
};

/* The machine under the cursor, NULL: there is none. */
struct overview *home_current(struct home *h);

/* Rows from which on it is told under the list what the machine under the cursor is. */
#define HOME_NEAR_FROM 30

/* home_paint.c */
void home_paint(struct screen *s, const struct canvas *c);
void home_cursor(struct screen *s, int *row, int *column);
void home_lines(struct screen *s, struct screen_lines *out);
char *home_help(struct screen *s);

#endif
