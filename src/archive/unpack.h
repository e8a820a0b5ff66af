/* SPDX-License-Identifier: MIT */
/*
 * unpack: unpacks indices. Of a Packages file it reads the fields that libsolv does not keep; the text goes to a file
 * without a name, not to memory (it has 48 MB) nor through a cookie stream (which differs among C
 * libraries): libsolv reads files, and this one stays in the page cache.
 */
#ifndef ARCHIVE_UNPACK_H
#define ARCHIVE_UNPACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/* Reads packed bytes (xz, gzip or none) from `in`, at most `cap` unpacked, and calls `take` for each line, without its
 * end, until that returns -1. Size and digest are of the bytes read. Error ids: index-unpack, index-size (over the
 * cap), interrupted (*stop was set), those of `take`. Blocks. */
int unpack_lines(int in, uint64_t cap, const atomic_bool *stop, const char *name,
		 int (*take)(const char *line, size_t n, void *arg, struct err *e), void *arg, uint64_t *size,
		 uint8_t sha256[HASH_SIZE], struct err *e);

struct unpack_stanza {
	size_t name; /* offset in names */
	uint64_t size;
	bool essential, base;
};

struct unpacked {
	uint64_t size;
	uint8_t sha256[HASH_SIZE];     /* of the plain text */
	struct unpack_stanza *stanzas; /* those that name a package, in order */
	size_t len, allocated;
	struct buf names; /* NUL-terminated, one after the other */
};

/* Reads a Packages file as unpack_lines does and writes the text for libsolv to `out`: each field on one line, the
 * first line of a description. Error ids: those of unpack_lines. Blocks. */
int unpack_index(int in, int out, uint64_t cap, const atomic_bool *stop, const char *name, struct unpacked *u,
		 struct err *e);
void unpacked_fini(struct unpacked *u);

#endif
