/* SPDX-License-Identifier: MIT */
/*
 * connection: how OpenSSH's programs connect to a machine: address, port, keys; and its start if it does not run.
 */
#ifndef CLI_CONNECTION_H
#define CLI_CONNECTION_H

#include "cli/cli.h"
#include "prepare/job.h"

struct cli_connection {
	struct spec spec;
	struct job job;
	char address[64];
	uint16_t port;
	bool root; /* cli_copy reads and writes in the guest as root, by sudo */
};

/* Finds the machine, running or not. To be closed in either case. */
int cli_connection_find(struct cli_connection *r, struct cli *cli, const char *ref, struct err *e);
/* Finds the machine, makes sure that it runs (cli_need_running), gets its port and waits until its ssh server answers.
 * To be closed in either case. */
int cli_connection_open(struct cli_connection *r, struct cli *cli, const char *ref, struct err *e);
void cli_connection_close(struct cli_connection *r);

/* Appends the path of OpenSSH's program of that name, its options of the command line and the machine's settings. The
 * program reads no configuration file: what that has for all hosts may connect elsewhere. */
int cli_connection_program(const struct cli_connection *r, const struct cli *cli, const char *name, struct strv *argv,
			   struct err *e);

/* Copies paths of this host into the machine (`to`), or from it, as the verb cp does; progress goes to standard error.
 */
int cli_copy(struct cli *cli, struct cli_connection *r, bool to, const struct strv *paths, const char *target,
	     struct err *e);

/* Makes sure that the machine `ref` runs: starts a stopped or suspended one up to `goal`, resumes a paused one, after a
 * question on a terminal, or without one with --start or --yes; else it is an error with a hint. Ids:
 * "not-running", "paused", and those of the start. */
int cli_need_running(struct cli *cli, const char *ref, const char *name, enum job_goal goal, struct err *e);
/* Prepares and starts the machine of the first argument up to `goal`, as `debwiz boot` does; progress goes to standard
 * error, with --json to standard output. */
int cli_boot(struct cli *cli, enum job_goal goal, struct err *e);

#endif
