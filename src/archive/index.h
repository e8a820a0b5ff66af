/* SPDX-License-Identifier: MIT */
/*
 * index: one Packages file of a suite, from the signed list to libsolv, or one Sources file. The parsed form is cached
 * as CACHE/solv/DIGEST-VERSION.solv (digest of the packed index, libsolv's version); it includes the fields that
 * libsolv would lose (Size, Essential, Priority) and ends with a SHA-256.
 */
#ifndef ARCHIVE_INDEX_H
#define ARCHIVE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strv.h"
#include "env.h"
#include "suite.h"

struct s_Pool;

struct index {
	char *name;	    /* "bookworm main armhf" */
	const char *base;   /* that Filename is relative to; of the suite, borrowed */
	struct strv urls;   /* by hash, then canonical */
	struct strv others; /* those of other mirrors */
	uint64_t size;	    /* packed */
	uint8_t sha256[HASH_SIZE];
	uint64_t plain_size; /* unpacked, 0 if the release file does not list it */
	uint8_t plain_sha256[HASH_SIZE];
	const char *only; /* packages whose names begin so are loaded (static); NULL: all */
	int solv_fd;	  /* the parsed form, checked; or -1 */
	size_t packages;  /* number loaded */
};

/* Chooses xz before gz before plain. Error id: index-absent. */
int index_choose(const struct suite *s, const char *component, const char *arch, struct index *out, struct err *e);
/* Chooses a component's Sources file in the same way; false if the release file lists none. */
bool index_choose_sources(const struct suite *s, const char *component, struct index *out);
void index_fini(struct index *ix);

/* Calls `take` for each line of the packed file of the cache, until that returns -1; what it got counts only if the
 * whole succeeds. For a pool thread. Error ids: index-unpack, index-size, interrupted, those of the cache and of
 * `take`. */
int index_read(struct archive_env *env, const struct index *ix,
	       int (*take)(const char *line, size_t n, void *arg, struct err *e), void *arg, struct err *e);

/* Opens the parsed form, if there is a valid one. For a pool thread. */
void index_open_parsed(struct archive_env *env, struct index *ix);
/* Loads it into the pool as a repo whose appdata is ix->base: the parsed form, or the packed file of the cache,
 * whose parsed form is then cached. For a pool thread. Error ids: index-unpack, index-size, index-parse, index-solv
 * (the parsed form was invalid and is removed: start again), interrupted. */
int index_load(struct archive_env *env, struct index *ix, struct s_Pool *pool, struct err *e);

/* Keys of the fields that are added to the pool's solvables. */
#define INDEX_ESSENTIAL "debwiz:essential" /* void: Essential: yes */
#define INDEX_BASE "debwiz:base"	   /* void: essential, or Priority required or important */

#endif
