/* SPDX-License-Identifier: MIT */
/*
 * view: a runner's events on the command line: a live line on a terminal, plain lines elsewhere,
 * or one JSON event a line.
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/cli.h"
#include "prepare/runner.h"

/* Runs the steps to their end on the cli's loop; Ctrl-C cancels (a second one too: it says that it
 * is on its way). Prints what happens; an error ends up in e. */
int view_run(struct cli *cli, const struct step_ops *const *steps, size_t count, void *job, struct err *e);

#endif
