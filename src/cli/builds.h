/* SPDX-License-Identifier: MIT */
/* builds: several builds at the same time, each by a debwiz of its own. */
#ifndef CLI_BUILDS_H
#define CLI_BUILDS_H

#include "cli/cli.h"

/* Builds each source for each architecture (none: that of the machine) as `debwiz build --json` does, in as many
 * machines in parallel as memory and CPUs allow, with a folder of the results for each, and reports all of them. `ref`:
 * the machine that theirs are like, or --in's, in which one is built after the other; NULL: by the options. A signal
 * that asks us to exit ends all of them. Returns the worst status. */
int cli_builds(struct cli *cli, const char *ref, char *const *sources, size_t count, const struct strv *arches);

#endif
