/* SPDX-License-Identifier: MIT */
/*
 * tools: the cross compilers of a Debian release with distccd, as programs for this host: from the same verified
 * archive as the machine's own packages, but for this host's architecture, in a folder that they have as /usr
 * (host/sandbox.h). So the compiler outside a machine has the machine's version, whatever this host has installed.
 *
 * DATA/tools/KEY/ has usr/ and `lock`; KEY is release, host's architecture, GNU triplet and compiler's version. A
 * folder KEY is complete: it is made as KEY.part, with the lock KEY.lock, and renamed.
 */
#ifndef BUILD_TOOLS_H
#define BUILD_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "build/outside.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "spec/spec.h"

struct tools_wish {
	struct loop *loop;
	const struct catalog *catalog;
	const struct store *store;
	const struct spec *spec; /* of the machine: release and mirror */
	const struct outside_compiler *compiler;
	bool offline;
	void (*progress)(const char *text, void *arg); /* a line at a time */
	void *arg;
};

struct tools {
	char *usr;	   /* path */
	struct lock *hold; /* keeps tools_collect from removing it */
};

/* Finds the folder, or downloads and unpacks the packages (for armhf of bookworm 67, of 65 MB, once). Runs the loop
 * until then; SIGINT ends it with "interrupted"; blocks some seconds while it unpacks. To be ended by tools_release.
 * Ids: "tools-host" (Debian has no packages for this host), "tools-offline" (they are not here), "compiler-version"
 * (the archive has another version), "busy" (another command makes it), and those of archive_open, archive_solve,
 * archive_fetch. */
int tools_get(const struct tools_wish *w, struct tools *out, struct err *e);
void tools_release(struct tools *t);

/* Removes those that no command uses now and that were not used for `days`, and what killed makers left. `removed` is
 * called for each complete one. Adds the freed bytes. Blocks. */
int tools_collect(const struct store *s, unsigned days, uint64_t *freed,
		  void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e);

#endif
