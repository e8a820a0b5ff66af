/* SPDX-License-Identifier: MIT */
/*
 * view: shows a session on the command line: a live line on a terminal, plain lines elsewhere, or one JSON event a
 * line.
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/cli.h"
#include "session/session.h"

/* Begins the session, after a question if its file must be agreed to, and runs the cli's loop until it has ended.
 * Prints what happens. Ctrl-C cancels the session; pressed again, it only reports that the session is stopping. */
int view_run(struct cli *cli, struct session *s, struct err *e);

#endif
