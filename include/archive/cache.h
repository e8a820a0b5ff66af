/* SPDX-License-Identifier: MIT */
/*
 * cache: files by their SHA-256 under CACHE/sha256/ab/abcdef…, shared by all processes of one user. A file is
 * written as NAME.part under a lock of its own, synced, checked, made read-only and renamed: a kill at any moment
 * leaves a complete entry, none, or a part that the next run resumes.
 *
 * All functions block on the disk; those that read or sync whole files belong on a pool thread.
 */
#ifndef ARCHIVE_CACHE_H
#define ARCHIVE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

/* The folder of files that are not part of an archive (archive/download.h). */
#define CACHE_FILES "files"

/* Returns the path of an entry; the caller frees it. */
char *cache_path(const char *cache_dir, const uint8_t sha256[HASH_SIZE]);

/* An entry that is being written. */
struct cache_part {
	int fd;	    /* read and write; locked */
	char *path; /* of the entry; the part is PATH.part */
};

/* Opens or creates the part file and locks it. Returns 0, 1 if another process is writing it (retry later), or -1.
 * An interrupted run's bytes are still in it. */
int cache_begin(const char *cache_dir, const uint8_t sha256[HASH_SIZE], struct cache_part *out, struct err *e);
/* Does the same for a file of another name in a folder of the cache. */
int cache_begin_at(const char *path, struct cache_part *out, struct err *e);
/* Syncs, makes read-only and renames the part file; on failure removes it. The caller has checked size and digest
 * through part->fd. */
int cache_commit(struct cache_part *part, struct err *e);
/* Closes the part file; `keep` keeps what arrived for a later run. */
void cache_abandon(struct cache_part *part, bool keep);

/* Stores bytes as an entry and sets their digest. */
int cache_store(const char *cache_dir, const void *p, size_t n, uint8_t sha256[HASH_SIZE], struct err *e);
/* Writes a small file of another name. If another process is writing it, that content is considered equivalent. */
int cache_put(const char *path, const void *p, size_t n, struct err *e);
/* Opens a file of the cache as archive_cache_open does, without checking its content; sets *size. Returns -1 if it
 * is missing, or not a regular file of ours. */
int cache_open_at(const char *path, uint64_t *size, struct err *e);

#endif
