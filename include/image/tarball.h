/* SPDX-License-Identifier: MIT */
/*
 * tarball: a tar file with regular files alone, packed by zstd, written and read from its beginning to its end. What
 * is read is not trusted: any other kind of entry, a hard link, and a name that leaves its folder are refused. Calls
 * block.
 */
#ifndef IMAGE_TARBALL_H
#define IMAGE_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct tarball;

/* Called after each piece of data with its number of bytes; -1, with e filled, ends the call. */
typedef int (*tarball_step_fn)(const void *p, size_t n, void *arg, struct err *e);

/* Begins one in the open file, which stays the caller's. NULL with e. */
struct tarball *tarball_create(int fd, const char *name, struct err *e);
/* Adds a file with these bytes. */
int tarball_add_bytes(struct tarball *t, const char *name, const void *p, size_t n, struct err *e);
/* Adds a file with `size` bytes of `from`; if that has fewer: "file-changed". */
int tarball_add(struct tarball *t, const char *name, int from, uint64_t size, tarball_step_fn step, void *arg,
		struct err *e);
/* Writes the end. */
int tarball_finish(struct tarball *t, struct err *e);

/* Opens one to be read; `path` is a regular file. Ids of this and what follows: "file-missing", "tarball-bad" (cut off
 * or not a tar file), "tarball-refused". */
struct tarball *tarball_open(const char *path, struct err *e);
/* Goes to the next file. 1: *name (until the next call) and *size are its; 0: there is no more; -1. */
int tarball_next(struct tarball *t, const char **name, uint64_t *size, struct err *e);
/* Reads the content of the present file: into memory (*out is owned and has a NUL behind it), of at most `cap` bytes;
 * into the open file, where runs of zeros become holes. */
int tarball_read(struct tarball *t, size_t cap, char **out, size_t *n, struct err *e);
int tarball_extract(struct tarball *t, int to, tarball_step_fn step, void *arg, struct err *e);

/* Frees either; an unfinished one is incomplete. NULL is fine. */
void tarball_free(struct tarball *t);

#endif
