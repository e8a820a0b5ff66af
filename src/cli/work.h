/* SPDX-License-Identifier: MIT */
/*
 * work: what a verb does for long on another thread, with its progress on one line, and the line itself: in its place
 * on a terminal, elsewhere printed every ten seconds.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <stdatomic.h>

#include "cli/cli.h"

/* On standard error. */
struct cli_line {
	struct cli *cli;
	const char *name; /* the machine's; borrowed */
	bool live;	  /* painted in its place */
	bool open;	  /* something is painted */
	uint64_t printed; /* loop_now of the last line elsewhere */
};

void cli_line_begin(struct cli_line *l, struct cli *cli, const char *name);
void cli_line_show(struct cli_line *l, const char *text);
/* Removes it from the terminal. */
void cli_line_end(struct cli_line *l);

struct cli_progress;

struct cli_work {
	const char *name;  /* the machine's */
	const char *doing; /* what is done: "copying the disk"; the state of the event "progress" with --json */
	/* Runs on another thread; ends soon after `cancel` is set. */
	int (*fn)(const atomic_bool *cancel, struct cli_progress *p, void *arg, struct err *e);
	/* Gets the bytes that are done and their total (0: not known yet); NULL: fn calls cli_progress_percent. */
	void (*bytes)(void *arg, uint64_t *done, uint64_t *total);
	void *arg;
};

/* Reports the progress, 0 to 100, from the thread of the work; of the form that work functions take. */
void cli_progress_percent(double percent, void *progress);

/* Does the work and runs the loop until it is done; SIGINT, SIGTERM and SIGHUP cancel it. Returns its result. */
int cli_work(struct cli *cli, const struct cli_work *work, struct err *e);

#endif
