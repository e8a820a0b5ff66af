/* SPDX-License-Identifier: MIT */
/*
 * sources: source packages by name, from the signed Sources indices of an opened archive: the index, the .dsc and the
 * files that it needs, each by its SHA-256, into the cache.
 */
#ifndef ARCHIVE_SOURCES_H
#define ARCHIVE_SOURCES_H

#include "archive/archive.h"

/* One source package. Strings are owned. */
struct archive_source {
	char *name, *version;
	struct package_set files; /* in the cache; `name` is the file's, `version` is "" */
};

/* Finds a source package in the opened suites and components and downloads its files into the cache: the version, or
 * the newest (NULL). `done` runs on the loop, once and never during the call, with the source, which is owned by the
 * callee, or with an error; after archive_cancel with ERR_INTERRUPTED. The archive must stay open until then. Error
 * ids: "source-unknown" (with similar names, or the sources that build a package of that name), "source-version" (with
 * the versions that exist), "sources-absent" (the mirror lists no sources), those of archive_fetch and of indices. */
struct archive_op *archive_get_source(struct archive *a, const char *name, const char *version,
				      archive_progress_fn progress,
				      void (*done)(struct archive_source *s, const struct err *e, void *arg),
				      void *arg);
/* Empties it; the files stay in the cache. */
void archive_source_fini(struct archive_source *s);

#endif
