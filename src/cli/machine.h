/* SPDX-License-Identifier: MIT */
/*
 * machine: a verb's connection to the supervisor of the machine that it names. One whose supervisor was
 * killed gets a new one by being connected to.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include "machine/client.h"
#include "work.h"

struct cli_running {
	struct cli *cli;
	char *name, *dir;
	struct vm_client *client;
	struct err err;
	json_t *answer;		       /* the last one */
	bool over;		       /* the machine has ended */
	struct loop_signal *interrupt; /* what Ctrl-C does meanwhile; NULL: it ends debwiz */
	struct cli_line line;	       /* how far it is */
};

/* The name that the first argument means, also where its file is wrong or gone by now: what runs must
 * be reached in any case. A name that is neither saved nor made is an error; owned. */
int cli_machine_name(struct cli *cli, char **name, struct err *e);
/* Connects to the machine of the first argument. "not-running" when nothing runs. To be closed in
 * either case. How far a suspension or a snapshot is goes to standard error, or is an event. */
int cli_running_open(struct cli_running *m, struct cli *cli, struct err *e);
/* As that, with callbacks of its own in place of an answer to wait for. */
int cli_running_connect(struct cli_running *m, struct cli *cli, bool console, const struct vm_client_ops *ops,
			void *arg, struct err *e);
void cli_running_close(struct cli_running *m);
/* Where a request's answer goes (its arg is the cli_running). */
void cli_running_answer(const struct err *e, const json_t *answer, void *arg);
/* Runs the loop until the answer is there. */
int cli_running_wait(struct cli_running *m, struct err *e);
/* And then until the machine has ended and is free for the next start. */
void cli_running_wait_end(struct cli_running *m);

#endif
