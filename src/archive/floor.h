/* SPDX-License-Identifier: MIT */
/*
 * floor: what is recorded of release files between runs, in CACHE/lists: for each URL the local copy and its
 * validators, and for each origin, suite and signing key the newest state that was ever accepted, below which no
 * mirror may go (a stable release file has no Valid-Until). Debian's own keys share one floor, so that a change of
 * keys does not undo it; each key of the user's ring has its own, so that a foreign archive does not affect
 * Debian's.
 */
#ifndef ARCHIVE_FLOOR_H
#define ARCHIVE_FLOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "release.h"

/* The local copy of the release file of a URL. */
struct floor_copy {
	struct buf bytes;
	char *etag, *modified; /* or NULL */
};
/* Returns false if there is none, or it is damaged. The bytes are as unverified as those of a mirror. */
bool floor_copy_load(const char *cache_dir, const char *url, struct floor_copy *out);
void floor_copy_fini(struct floor_copy *c);
int floor_copy_store(const char *cache_dir, const char *url, const void *p, size_t n, const char *etag,
		     const char *modified, struct err *e);

struct floor {
	time_t date;
	char *version;
	uint8_t sha256[HASH_SIZE]; /* of the release file, which the cache may still have */
	uint64_t size;
	bool keyless; /* written by an earlier version, which did not record the key */
};
/* `key`: FLOOR_DEBIAN or the fingerprint of a key of the user's. */
#define FLOOR_DEBIAN ""
bool floor_load(const char *cache_dir, const char *key, const char *origin, const char *suite, struct floor *out);
void floor_fini(struct floor *f);
/* Returns the release file itself, if the cache still has it. */
bool floor_bytes(const char *cache_dir, const struct floor *f, struct buf *out);
/* Raises the floor to this release if it is newer. */
int floor_raise(const char *cache_dir, const char *key, const struct release *r, const char *suite, const void *p,
		size_t n, struct err *e);
void floor_forget(const char *cache_dir, const char *key, const char *origin, const char *suite);

enum floor_verdict { FLOOR_FINE, FLOOR_OLDER, FLOOR_VERSION };
enum floor_verdict floor_compare(const struct floor *f, const struct release *r);

#endif
