/* SPDX-License-Identifier: MIT */
/*
 * running: a verb's connection to the supervisor of the machine that it names. Connecting starts a new supervisor if
 * the machine's was killed.
 */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

#include "machine/client.h"
#include "work.h"

struct cli_running {
	struct cli *cli;
	char *name, *dir;
	struct vm_client *client;
	struct err err;
	json_t *answer;		       /* to the last request */
	bool over;		       /* the machine has exited, or its connection is lost */
	struct loop_signal *interrupt; /* what Ctrl-C does during the wait; NULL: it ends debwiz */
	struct cli_line line;	       /* shows the progress */
};

/* Gets the name that the first argument means, even if its file is wrong or gone: a running machine must be reachable
 * in any case. A name that is neither saved nor prepared is an error; owned. */
int cli_machine_name(struct cli *cli, char **name, struct err *e);
/* Connects to the machine of the first argument; "not-running" if it does not run. To be closed in either case. The
 * progress of a suspend or a snapshot is shown on standard error, or is an event. */
int cli_running_open(struct cli_running *m, struct cli *cli, struct err *e);
/* Connects as that does, with the caller's callbacks. */
int cli_running_connect(struct cli_running *m, struct cli *cli, bool console, const struct vm_client_ops *ops,
			void *arg, struct err *e);
void cli_running_close(struct cli_running *m);
/* Takes a request's answer; its arg is the cli_running. */
void cli_running_answer(const struct err *e, const json_t *answer, void *arg);
/* Runs the loop until the answer has come. */
int cli_running_wait(struct cli_running *m, struct err *e);
/* Then runs the loop until the machine has exited and may be started again. */
void cli_running_wait_end(struct cli_running *m);
/* Powers the machine of that name down as the verb stop does, or returns if it does not run; progress goes to
 * standard error. */
int cli_stop(struct cli *cli, const char *name, struct err *e);

#endif
