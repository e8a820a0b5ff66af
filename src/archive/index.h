/* SPDX-License-Identifier: MIT */
/*
 * index: one Packages file of a suite, from the signed list to libsolv. The parsed form is kept as
 * CACHE/solv/DIGEST-VERSION.solv (digest of the packed index, libsolv's version), with what
 * libsolv itself would lose of a stanza (Size, Essential, Priority) in it and a SHA-256 behind it.
 */
#ifndef ARCHIVE_INDEX_H
#define ARCHIVE_INDEX_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strv.h"
#include "env.h"
#include "suite.h"

struct s_Pool;

struct index {
	char *name;	    /* "bookworm main armhf" */
	const char *base;   /* that Filename is relative to: of the suite, borrowed */
	struct strv urls;   /* by hash, then canonical */
	struct strv others; /* the same of other mirrors */
	uint64_t size;	    /* packed */
	uint8_t sha256[HASH_SIZE];
	uint64_t plain_size; /* unpacked, 0 where the release file does not say */
	uint8_t plain_sha256[HASH_SIZE];
	int solv_fd;	 /* the parsed form, checked; or -1 */
	size_t packages; /* that were loaded */
};

/* xz before gz before plain. Error id: index-absent. */
int index_choose(const struct suite *s, const char *component, const char *arch, struct index *out, struct err *e);
void index_fini(struct index *ix);

/* Opens the parsed form, if there is a sound one. For a pool thread. */
void index_open_parsed(struct archive_env *env, struct index *ix);
/* Loads it into the pool as a repo whose appdata is ix->base: the parsed form, or the
 * packed file of the cache, whose parsed form is then kept. For a pool thread. Error ids:
 * index-unpack, index-size, index-parse, index-solv (the parsed form was no good and is removed:
 * begin again), interrupted. */
int index_load(struct archive_env *env, struct index *ix, struct s_Pool *pool, struct err *e);

/* Keys under which the pool's solvables hold what libsolv does not keep. */
#define INDEX_ESSENTIAL "debwiz:essential" /* void: Essential: yes */
#define INDEX_BASE "debwiz:base"	   /* void: essential, or Priority required or important */

#endif
