/* SPDX-License-Identifier: MIT */
/* ccache: what the verb build does so that its machine has the compiler cache (build/ccache.h). */
#ifndef CLI_CCACHE_H
#define CLI_CCACHE_H

#include "archive/archive.h"
#include "build/ccache.h"
#include "cli/cli.h"
#include "machine/temporary.h"

struct cli_ccache {
	struct ccache cache;
	char *disk;	/* path of the disk that the machine gets: the volume, or a stand-in; NULL: none */
	bool on;	/* the build uses the volume */
	struct err why; /* why it does not, if it was to */
	struct ccache_counts counts;
};

/* Takes the volume for the machine, whose archive is open. If another build has it, the machine gets an empty disk of
 * the same size in its place, so that it still fits the template of its kind. To be ended by cli_ccache_end. */
void cli_ccache_begin(struct cli_ccache *x, const struct cli *cli, const struct spec *s, struct archive *a,
		      const struct temporary *t);
/* Reads what ccache did in the text that build.sh left. */
void cli_ccache_read(struct cli_ccache *x, const char *text);
/* Prints a line about that, or about why it was not used. */
void cli_ccache_report(const struct cli_ccache *x, const char *name);
/* Returns the same for an event; NULL if there is nothing to report. */
json_t *cli_ccache_json(const struct cli_ccache *x);
void cli_ccache_end(struct cli_ccache *x);

#endif
