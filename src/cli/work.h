/* SPDX-License-Identifier: MIT */
/*
 * work: what blocks for long, done beside the loop by a verb: how far it is is told, and Ctrl-C gives it
 * up. And the line that tells it: in its place on a terminal, elsewhere a line now and then.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <stdatomic.h>

#include "cli/cli.h"

/* On standard error. */
struct cli_line {
	struct cli *cli;
	const char *name; /* the machine's; borrowed */
	bool live;	  /* it is a terminal, and nothing speaks against painting there */
	bool open;
	uint64_t told; /* loop_now of the last one elsewhere */
};

void cli_line_begin(struct cli_line *l, struct cli *cli, const char *name);
void cli_line_tell(struct cli_line *l, const char *text);
/* Takes it away from the terminal. */
void cli_line_end(struct cli_line *l);

struct cli_progress;

/* Does the work, on another thread. It looks at `cancel` and tells how far it is (0 to 100) by
 * cli_progress_tell. */
typedef int (*cli_work_fn)(const atomic_bool *cancel, struct cli_progress *p, void *arg, struct err *e);
/* Of the form that work functions take; `progress` is the struct cli_progress. From the work's thread. */
void cli_progress_tell(double percent, void *progress);

/* Runs the loop until it is done; `doing` says what it does: "copying the disk". With --json how far it
 * is comes as an event "progress", `done` of `total`. Its result. */
int cli_work(struct cli *cli, const char *name, const char *doing, cli_work_fn fn, void *arg, struct err *e);

#endif
