/* SPDX-License-Identifier: MIT */
/*
 * outside: compiling outside an emulated machine, by a distccd of debwiz's own that runs this host's cross compilers.
 * What the machine sends may come from anybody, and a compiler reads files and runs programs that its arguments and its
 * source name: so distccd is confined (host/sandbox.h). It knows compilers for the machine's architecture alone, by
 * whatever name they are asked for; objects of another one cannot come back.
 */
#ifndef BUILD_OUTSIDE_H
#define BUILD_OUTSIDE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/strv.h"

/* A compiler by the version of its package. */
struct outside_compiler {
	const char *gnu; /* the architecture's GNU triplet: "arm-linux-gnueabihf" */
	char *major;	 /* "12" */
	char *version;	 /* "12.2.0" */
};

/* What compiles for it. */
struct outside_tools {
	char *usr; /* the folder that these programs have as /usr; NULL: this host's */
	char *distccd;
	struct strv compilers; /* paths, for C and, if there is one, C++ */
};

/* Returns the upstream part of a package's version: "12.2.0" of "4:12.2.0-3". Owned. */
char *outside_upstream(const char *version);
/* Fills in the compiler by the version of Debian's package gcc; borrows `gnu`. False if it is not of that form. */
bool outside_compiler(const char *gnu, const char *gcc_version, struct outside_compiler *out);
void outside_compiler_fini(struct outside_compiler *c);
/* Returns the name of the cross compiler, "arm-linux-gnueabihf-gcc-12"; `language` is "gcc" or "g++". Owned. */
char *outside_name(const struct outside_compiler *c, const char *language);

/* Returns the name of Debian's package of the cross compiler, "gcc-12-arm-linux-gnueabihf"; owned. */
char *outside_package(const struct outside_compiler *c, const char *language);

/* Looks for distccd and for compilers of exactly that version, which it runs to ask them. Blocks for some tens of ms.
 * Errors, with a hint: "distccd-missing", "compiler-missing", "compiler-version". */
int outside_find(const struct outside_compiler *c, struct outside_tools *out, struct err *e);
/* Fills in the programs of a folder that has them as /usr (build/tools.h). */
void outside_tools_in(const struct outside_compiler *c, const char *usr, struct outside_tools *out);
void outside_tools_fini(struct outside_tools *t);

struct outside;

/* Starts distccd, confined, for clients of the Unix socket `socket`. `folder` is created for what it needs and its log.
 * Runs the loop until it serves. It ends with outside_end, and with this process. NULL with e ("outside"). */
struct outside *outside_start(struct loop *l, const struct outside_compiler *c, const struct outside_tools *t,
			      const char *folder, const char *socket, struct err *e);
/* Ends it and waits for that. NULL is fine. */
void outside_end(struct outside *o);
/* Is the process that outside_start starts, with its arguments: returns -1 with e alone. It prints OUTSIDE_READY on a
 * line when `ready` is called, or why it ends. */
#define OUTSIDE_READY "ready"
int outside_serve(char *const *args, void (*ready)(void *arg), void *arg, struct err *e);

/* What was compiled where, as the machine reports it: lines "outside COUNT" and "inside COUNT REASON". */
struct outside_counts {
	unsigned outside, inside;
	struct strv reasons; /* "3: REASON", of those inside */
};

/* Reads the lines; others are ignored. Text from the guest is made safe. */
void outside_read_counts(const char *text, struct outside_counts *out);
void outside_counts_fini(struct outside_counts *c);

#endif
