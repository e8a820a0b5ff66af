/* SPDX-License-Identifier: MIT */
/*
 * ar: the outer form of a Debian package (deb(5)): its members, in order. Every byte that is read is hashed.
 *
 * Error ids: deb-read, deb-format.
 */
#ifndef IMAGE_AR_H
#define IMAGE_AR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/hash.h"

struct ar {
	int fd;		  /* borrowed */
	const char *name; /* of the package, for messages; borrowed */
	uint64_t size;	  /* of the file */
	uint64_t pos;	  /* bytes read and hashed so far */
	struct hash *hash;
	uint64_t left; /* bytes of the current member not read yet */
	bool odd;      /* a padding byte follows it */
};

struct ar_member {
	char name[17];
	uint64_t size;
};

/* Reads the head of the file. ar_fini must follow in either case. */
int ar_open(struct ar *a, int fd, const char *name, struct err *e);
void ar_fini(struct ar *a);
/* Skips the rest of the current member and reads the next header. Returns 1, 0 at the end of the file, -1. */
int ar_next(struct ar *a, struct ar_member *m, struct err *e);
/* Reads at most n bytes of the current member. Returns their number, 0 at its end, -1. */
ssize_t ar_read(struct ar *a, void *p, size_t n, struct err *e);
/* Stores the digest of the bytes read; nothing is read after that. */
void ar_digest(struct ar *a, uint8_t sha256[HASH_SIZE]);
/* Fills e with "it is not a valid Debian package" and what is wrong. Returns -1. */
int ar_bad(const struct ar *a, struct err *e, const char *what);

#endif
