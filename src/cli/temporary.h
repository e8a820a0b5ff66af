/* SPDX-License-Identifier: MIT */
/* temporary: what the verbs that make a machine for one command share (machine/temporary.h). */
#ifndef CLI_TEMPORARY_H
#define CLI_TEMPORARY_H

#include "cli/cli.h"
#include "machine/temporary.h"

#define CLI_TEMPORARY_FAILED 125 /* exit status if the machine did not start or a file could not be copied */

#define CLI_TEMPORARY_DIFFERS 123 /* a second build made something else */

/* Fills the record that the machine is like: that of the machine `ref`, which must be agreed to, or the defaults with
 * --arch and --release (NULL). */
int cli_temporary_spec(struct cli *cli, const char *ref, struct spec *s, struct err *e);
/* Writes the record for the machine, with boot.warm = yes in place of auto, prepares and starts it, and waits until ssh
 * answers. *own receives the options for
 * what is done with it; it borrows from both. */
int cli_temporary_start(const struct cli *cli, struct temporary *t, struct spec *s, struct cli *own, struct err *e);
/* Writes the record for the machine, prepares and starts it, copies --put, runs the command (cli->rest, or a shell),
 * and copies --get, also if the command failed. *status is the command's; see cli_temporary_inside. */
int cli_temporary_run(struct cli *cli, struct temporary *t, struct spec *s, int *status, struct err *e);
/* Does the same in a running machine of cli's store; one that does not run is started after a question or by --start.
 * A *status of 128 plus a signal: that signal reached us, and ended the connection. */
int cli_temporary_inside(struct cli *cli, const char *name, int *status, struct err *e);
/* Runs cli->rest in the running machine by ssh; *status is the command's. */
int cli_temporary_command(struct cli *cli, struct temporary *t, int *status, struct err *e);
/* Powers the machine down and makes it a lasting one, which is reported. cli_temporary_end must follow. */
int cli_temporary_keep(struct cli *cli, struct temporary *t, struct err *e);
/* Removes the machine; an error is printed. */
void cli_temporary_end(struct cli *cli, struct temporary *t);

#endif
