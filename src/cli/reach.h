/* SPDX-License-Identifier: MIT */
/*
 * reach: a machine as OpenSSH's programs reach it: address, port, keys; and its start where it does not run.
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "cli/cli.h"
#include "prepare/job.h"

struct cli_reach {
	struct spec spec;
	struct job job;
	char address[64];
	uint16_t port;
};

/* Finds the machine, whether it runs or not. To be closed in either case. */
int cli_reach_find(struct cli_reach *r, struct cli *cli, const char *ref, struct err *e);
/* The same, and its port, for one that runs (as cli_need_running), and waits until its ssh server answers. */
int cli_reach_open(struct cli_reach *r, struct cli *cli, const char *ref, struct err *e);
void cli_reach_close(struct cli_reach *r);

/* Appends the path of OpenSSH's program of that name, the options for it of the command line and the machine's
 * settings. No configuration file is read: what it says of all hosts may lead elsewhere. */
int cli_reach_program(const struct cli_reach *r, const struct cli *cli, const char *name, struct strv *argv,
		      struct err *e);

/* Copies paths of this host into the machine (`to`), or from it, as the verb cp does; progress goes to standard error.
 */
int cli_copy(struct cli *cli, struct cli_reach *r, bool to, const struct strv *paths, const char *target,
	     struct err *e);

/* Makes sure that the machine `ref` runs. One that is off or suspended is started up to `goal`, one that is paused
 * is resumed: after a question on a terminal, unasked with --start or --yes; else it is an error with that as its
 * hint. Ids: "not-running", "paused", and those of the start. */
int cli_need_running(struct cli *cli, const char *ref, const char *name, enum job_goal goal, struct err *e);
/* Prepares and starts the machine of the first argument up to `goal`, as `debwiz boot` does; progress goes to standard
 * error, with --json to standard output. */
int cli_boot(struct cli *cli, enum job_goal goal, struct err *e);

#endif
