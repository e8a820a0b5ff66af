/* SPDX-License-Identifier: MIT */
/* differing: what the verb build reports of a source that was built twice (assets/build/again.sh). */
#ifndef CLI_DIFFERING_H
#define CLI_DIFFERING_H

#include "cli/cli.h"

struct cli_differing {
	struct strv names;   /* of the files of the results that the second build made in another way */
	struct strv members; /* for each: what differs in it; "": not known */
};

/* Reads what the guest's script left. */
void cli_differing_read(struct cli_differing *d, const char *text);
/* Writes NAME.diffoscope beside each of them, if this host has diffoscope(1); `second` is the folder in `out` with the
 * files of the second build. Appends the names to `results`. An error is a warning. Blocks. */
void cli_differing_compare(const struct cli_differing *d, const struct cli *cli, const char *out, const char *second,
			   struct strv *results);
/* Prints a line for each. */
void cli_differing_report(const struct cli_differing *d);
/* Returns the same for an event. */
json_t *cli_differing_json(const struct cli_differing *d);
void cli_differing_fini(struct cli_differing *d);

#endif
