/* SPDX-License-Identifier: MIT */
/*
 * cache: files by their SHA-256 under CACHE/sha256/ab/abcdef…, shared by all processes of one
 * user. A file is written as NAME.part under a lock of its own, synced, checked, made read-only and
 * renamed: a kill at any moment leaves a whole entry, none, or a part that the next run resumes.
 *
 * All of it blocks on disk; the functions that read or sync whole files belong on a pool thread.
 */
#ifndef ARCHIVE_CACHE_H
#define ARCHIVE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

/* Path of an entry; owned by the caller. */
char *cache_path(const char *cache_dir, const uint8_t sha256[HASH_SIZE]);

/* An entry that is being written. */
struct cache_part {
	int fd;	    /* read and write; locked */
	char *path; /* of the entry; the part is PATH.part */
};

/* Opens (or makes) the part and locks it. 0: ours; 1: another process is writing it (try again
 * later); -1: error. What an interrupted run left is still in it. */
int cache_begin(const char *cache_dir, const uint8_t sha256[HASH_SIZE], struct cache_part *out, struct err *e);
/* The same for a file of another name in a folder of the cache. */
int cache_begin_at(const char *path, struct cache_part *out, struct err *e);
/* Syncs, makes read-only, renames; on failure nothing of it stays. The caller has checked size and
 * digest through part->fd. */
int cache_commit(struct cache_part *part, struct err *e);
/* Gives it up; with `keep` what arrived stays for a later run. */
void cache_abandon(struct cache_part *part, bool keep);

/* Stores bytes as an entry and gives its digest. */
int cache_store(const char *cache_dir, const void *p, size_t n, uint8_t sha256[HASH_SIZE], struct err *e);
/* Writes a small file of another name. When another process is writing it just now, that one's
 * content is taken to be as good. */
int cache_put(const char *path, const void *p, size_t n, struct err *e);
/* Opens a file of the cache as archive_cache_open does, without looking at what is in it; its size
 * goes to *size. -1: not there, or not a plain file of ours. */
int cache_open_at(const char *path, uint64_t *size, struct err *e);

#endif
