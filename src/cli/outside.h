/* SPDX-License-Identifier: MIT */
/* outside: what the verb build does so that an emulated machine's objects are compiled outside it (build/outside.h). */
#ifndef CLI_OUTSIDE_H
#define CLI_OUTSIDE_H

#include "archive/archive.h"
#include "build/outside.h"
#include "build/tools.h"
#include "cli/cli.h"
#include "machine/temporary.h"
#include "work.h"

struct cli_outside {
	struct outside_compiler compiler;
	struct tools fetched; /* the folder that they are in, unless this host has its own */
	struct outside_tools tools;
	struct outside *server; /* NULL: not on this host */
	bool on;		/* something compiles outside */
	struct strv ssh;	/* options of ssh: forwards of the sockets */
	struct strv hosts;	/* "SOCKET,JOBS,NAME" for the guest */
	struct err why;		/* why not, if that was to be */
	struct outside_counts counts;
	bool counted; /* the guest reported counts */
};

/* Checks that a package can be installed in the machine, whose archive is open: it exists, and without the network it
 * is in the cache. */
int cli_need_package(const struct cli *cli, struct archive *a, const char *arch, const char *name, struct err *e);
/* Whether objects of a machine like `s` are to be compiled outside: it is emulated, and the person has not declined.
 * Asks QEMU, so it blocks up to some seconds the first time. */
bool cli_outside_wanted(const struct cli *cli, const struct spec *s);
/* Looks for what that requires, on this host, else in a folder of debwiz's own (build/tools.h), which may be downloaded
 * (a line at a time on `line`), and starts it for the machine, whose archive is open. x->on says whether there is
 * something; if not, x->why is the reason. To be ended by cli_outside_end. */
void cli_outside_begin(struct cli_outside *x, const struct cli *cli, const struct spec *s, struct archive *a,
		       const struct temporary *t, struct cli_line *line);
/* Appends the variables for build.sh. */
void cli_outside_variables(const struct cli_outside *x, struct strv *argv);
/* Reads the counts in the text that build.sh left. */
void cli_outside_read(struct cli_outside *x, const char *text);
/* Prints a line about what was compiled where, or why nothing was compiled outside. */
void cli_outside_report(const struct cli_outside *x, const char *name);
/* Returns the same for an event; NULL if there is nothing to report. */
json_t *cli_outside_json(const struct cli_outside *x);
void cli_outside_end(struct cli_outside *x);

#endif
