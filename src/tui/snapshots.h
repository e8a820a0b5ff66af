/* SPDX-License-Identifier: MIT */
/* snapshots: what the files of the screen of snapshots share. */
#ifndef TUI_SNAPSHOTS_H
#define TUI_SNAPSHOTS_H

#include "machine/client.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/widget_list.h"

struct deed;

struct snapshots {
	struct screen *screen;
	char *ref, *name, *dir;
	struct vm_client *client; /* while it runs */
	struct wizard_rows rows;  /* value: the tag; columns: when, what it holds */
	struct list list;
	bool known;	   /* the rows are what there is */
	struct deed *deed; /* on a pool thread */
	const char *doing; /* what is under way, or NULL */
	char *amount;	   /* how far that is, or NULL */
	char *words;	   /* what was done last */
	enum role words_role;
	char *tag; /* what is being asked about */
	enum vm_snapshot_op op;
};

/* snapshots_do.c */
/* Asks for the rows anew. */
void snapshots_load(struct snapshots *s);
/* Does `op` with `tag`, and asks for the rows anew. */
void snapshots_act(struct snapshots *s);
/* Something is being changed on a pool thread. */
bool snapshots_changing(const struct snapshots *s);
/* Nobody looks any more: what is under way goes on without. */
void snapshots_let_go(struct snapshots *s);

#endif
