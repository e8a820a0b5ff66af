/* SPDX-License-Identifier: MIT */
/*
 * interrupt: notes the signals that ask the program to exit (SIGINT, SIGTERM, SIGHUP) from the start of a verb that has
 * several phases to its end, so that one between two phases also ends the verb, which then removes what it made.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "cli/cli.h"

struct cli_interrupt {
	struct cli *cli;
	struct loop_exit *signals;
	void (*fn)(void *arg); /* of what the loop runs for, or NULL */
	void *arg;
	bool came;
};

/* A part of the work that a signal cancels. */
struct cli_interrupt_part {
	struct loop_exit *signals; /* without an interrupt of the verb */
	struct cli_interrupt *whole;
	void (*fn)(void *arg); /* those that `whole` had before */
	void *arg;
};

/* Starts, and sets cli->interrupt, which commands for a part of the work (copies of *cli) share. Calls fn (may be NULL)
 * from the loop on each signal, to cancel what the loop runs for. Nothing that asks the user may follow: the question
 * would not see Ctrl-C. */
void cli_interrupt_begin(struct cli_interrupt *i, struct cli *cli, void (*fn)(void *arg), void *arg);
/* Returns 0, or -1 with "interrupted" (ERR_INTERRUPTED) in place of what e holds, if a signal has come since the start.
 * Does not block. Always 0 for a cli without an interrupt. */
int cli_interrupt_check(const struct cli *cli, struct err *e);
void cli_interrupt_end(struct cli_interrupt *i);
/* Calls fn on each signal from now until cli_interrupt_part_end: from the loop, and immediately if one has come since
 * the verb's interrupt began. For a verb without an interrupt too; then not for what came before. */
void cli_interrupt_part_begin(struct cli_interrupt_part *p, const struct cli *cli, void (*fn)(void *arg), void *arg);
void cli_interrupt_part_end(struct cli_interrupt_part *p);

#endif
