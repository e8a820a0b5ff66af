/* SPDX-License-Identifier: MIT */
/* rebuild: debwiz build --watch. */
#ifndef CLI_REBUILD_H
#define CLI_REBUILD_H

#include "cli/cli.h"

/* Builds the sources, as a debwiz of its own with the same options, and again whenever what is built has changed (also
 * during a build), until Ctrl-C or SIGTERM, whose status it returns; else 125 if they cannot be watched. Each is a
 * folder or a .dsc. While it waits it looks at the source every 30 s, and
 * otherwise uses no CPU. Blocks. */
int cli_rebuild(struct cli *cli, char *const *sources, size_t count);

#endif
