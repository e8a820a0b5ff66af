/* SPDX-License-Identifier: MIT */
/*
 * release: a Release file (deb822; https://wiki.debian.org/DebianRepository/Format), parsed from verified bytes,
 * and the check whether it is the requested one and recent enough.
 */
#ifndef ARCHIVE_RELEASE_H
#define ARCHIVE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strv.h"

struct release_file {
	char *name; /* "main/binary-armhf/Packages.xz" */
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
};

struct release {
	char *origin, *label, *suite, *codename, *version; /* "" if absent */
	time_t date, valid_until;			   /* 0 if absent */
	bool by_hash;
	struct strv architectures;
	struct release_file *files; /* sorted by name */
	size_t len;
};

/* What was requested. */
struct release_want {
	const char *suite; /* as in the path: "bookworm-security"; it is a codename or a suite name */
	const char *arch;  /* NULL: any */
	bool old;	   /* a snapshot: what was valid at its time is accepted */
	time_t now;
};

/* Error ids (ERR_VERIFY): release-syntax, release-files. `out` need not be initialised. */
int release_parse(const char *text, size_t n, struct release *out, struct err *e);
void release_fini(struct release *r);
/* Returns NULL if it is not listed. */
const struct release_file *release_find(const struct release *r, const char *name);

/* Error ids: release-suite, release-arch, release-expired, release-future. A missing Date is a
 * sentence in `warnings`. */
int release_check(const struct release *r, const struct release_want *want, struct strv *warnings, struct err *e);

/* Compares "12.9" and "12.10" by their numbers. Returns <0, 0, >0. */
int release_version_cmp(const char *a, const char *b);

#define RELEASE_TIME 32
/* "2026-07-11 10:16 UTC" */
const char *release_time(time_t t, char out[RELEASE_TIME]);

#endif
