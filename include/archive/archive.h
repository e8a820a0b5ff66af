/* SPDX-License-Identifier: MIT */
/*
 * archive: a Debian archive as the plan sees it: open the suites of a release (each InRelease
 * accepted by DESIGN's rule), load their indices, solve a request to packages, fetch them into the
 * cache by SHA-256. Nothing unverified ever gets past it.
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/loop.h"
#include "base/strv.h"
#include "catalog/catalog.h"

/* What to open. The catalogue is borrowed until the callback has run, the rest only for the call. */
struct archive_conf {
	const struct catalog *catalog;
	const char *cache_dir;		 /* $XDG_CACHE_HOME/debwiz */
	const char *mirror;		 /* "auto" or base URL (http, https) */
	const char *security_mirror;	 /* "auto" or base URL */
	const struct strv *host_mirrors; /* what this host's apt uses, tried first for auto */
	const struct strv *host_security_mirrors;
	const char *proxy;    /* "" : from the usual variables */
	const char *keyring;  /* "" or a path, in addition to the pinned set */
	const char *snapshot; /* "" or a timestamp: no freshness floor */
	const char *release;  /* codename */
	const char *arch;
	const struct strv *components; /* of the host's solve: main */
	bool security, updates;
	bool offline;
	bool strict;	     /* an out-of-step updates or security suite is an error */
	unsigned stall_s;    /* seconds without data before a try is given up; 0: 30 */
	time_t (*now)(void); /* wall clock seam; NULL: time() */
};

/* One suite as accepted. */
struct archive_suite {
	char *suite; /* "bookworm-security" */
	char *codename;
	char *version; /* "12.15" or "" */
	char *origin, *label;
	char *base; /* URL that dists/ and pool/ are under */
	time_t date;
	time_t valid_until;    /* 0: none */
	struct strv signers;   /* fingerprints of good, pinned primary keys */
	size_t debian_signers; /* how many of them are Debian's own; the others are the user's */
	struct strv architectures;
};

/* "3 Debian keys", "1 key of your keyring", or both; owned. */
char *archive_signers_text(const struct archive_suite *s);

/* One package of the solution. Strings are owned by the set. */
struct package {
	char *name, *version, *arch;
	char *url;	/* whole URL */
	char *filename; /* as in the index */
	uint8_t sha256[HASH_SIZE];
	uint64_t size;	    /* bytes of the deb */
	uint64_t installed; /* bytes, by Installed-Size */
	bool essential;
	bool extra; /* needed only by the user's extra packages: installed by apt in the guest */
	bool named; /* of those, one that the user asked for, if only by a name that it alone provides */
};

struct package_set {
	struct package *items; /* sorted by name, then arch */
	size_t len;
};

struct archive;

/* Progress of whatever runs: bytes done of total (total 0: not known) and one line of text. */
typedef void (*archive_progress_fn)(uint64_t done, uint64_t total, const char *text, void *arg);

/* Chooses the mirror, fetches and verifies the InRelease files and the indices (by hash, from the
 * cache where they are there), loads them into the solver. `done` runs on the loop, once and never
 * from within the call, with the archive (owned by the caller) or with NULL and an error; after
 * archive_cancel it runs within a second, with ERR_INTERRUPTED. The handle is for the cancel and
 * is gone once done has run. Error ids: those of verify.h, release.h, http.h, fetch.h, index.h,
 * mirror.h; release-version, release-older (below what was seen before), mirror-updating. */
struct archive_op;
struct archive_op *archive_open(struct loop *l, const struct archive_conf *conf, archive_progress_fn progress,
				void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
void archive_cancel(struct archive_op *op);
/* (Not archive_free: libarchive has a function of that name.) NULL is fine. */
void archive_close(struct archive *a);

/* Suites in order: main, updates, security. Warnings: what was left out and why, a sentence each. */
const struct archive_suite *archive_suites(const struct archive *a, size_t *count);
const struct strv *archive_warnings(const struct archive *a);
/* Names of suites that were left out although their release files do not exclude it: the mirror is out of
 * step. */
const struct strv *archive_left_out(const struct archive *a);

/* Solves: Essential + Priority required and important + `names` without recommends, then `extra`
 * (the user's) on top, whose additional packages are marked .extra. `jobs` are names preferred
 * where alternatives exist. Blocks for some tens of ms. Deterministic order. The set is owned by
 * the caller. Error ids: package-unknown (with near names), package-virtual, package-conflict,
 * package-data. */
int archive_solve(struct archive *a, const struct strv *names, const struct strv *extra, const struct strv *jobs,
		  struct package_set *out, struct err *e);
/* Those of the names that no package of the opened suites has or provides; e (unless NULL) is filled as
 * archive_solve does for them, and left alone where there is none. */
void archive_unknown(struct archive *a, const struct strv *names, struct strv *out, struct err *e);
/* Appends to `names` a package for each dependency, "NAME" or "NAME (OP VERSION)": the one of that name if its version
 * fits, else the first by name that provides it. "dependency": some cannot be satisfied; names all, and why. */
int archive_satisfy(struct archive *a, const struct strv *dependencies, struct strv *names, struct err *e);
/* Components for the architecture that the first suite's release file lists and that were not opened. */
void archive_other_components(const struct archive *a, struct strv *out);
/* Names that the base set does without although their priority asks for them (where nothing else
 * needs them), for later archive_solve. Copied. */
void archive_exclude(struct archive *a, const struct strv *without);
/* One package alone, the newest of that name, without what it depends on (firmware). */
int archive_find(struct archive *a, const char *name, struct package_set *out, struct err *e);
/* Version of the newest package of that name in the opened suites (borrowed), or NULL. */
const char *archive_version(struct archive *a, const char *name);
/* Tells up to `most` packages whose names hold `text`, best first (the name itself, then names that
 * begin so, then the rest), each once with its newest version; texts are from the archive and lent
 * for the call. Returns how many there are in all. Blocks for a few ms. */
size_t archive_search(struct archive *a, const char *text, size_t most,
		      void (*found)(const char *name, const char *version, const char *summary, void *arg), void *arg);
void package_set_fini(struct package_set *set);
/* Number of packages of the opened indices. */
size_t archive_package_count(const struct archive *a);

/* Fetches what the cache does not hold, and checks what it holds; each is capped at its signed
 * size, hashed while it arrives, resumed, retried; several at once. When `done` runs without error
 * every package is in the cache. Callbacks as those of archive_open. Where the mirror was
 * chosen by itself ("auto"), what it lacks is asked for at up to three others. Error id
 * mirror-updating: the index lists a file that is not there: open the archive anew, twice at most. */
struct archive_op *archive_fetch(struct archive *a, const struct package_set *set, archive_progress_fn progress,
				 void (*done)(const struct err *e, void *arg), void *arg);

/* A release of the catalogue as its mirror has it. */
struct archive_release {
	char *codename;
	struct archive_suite suite; /* empty where err says why */
	struct err err;
};
/* The InRelease files of all releases of the catalogue, fetched (or from the cache, with
 * `offline`), verified and checked; conf->release, arch, components, security and updates are not
 * looked at. A release that fails has its error in its row; `rows` is NULL, with an error, only
 * when the whole fails. Rows are owned by the caller: archive_releases_free. */
struct archive_op *
archive_releases(struct loop *l, const struct archive_conf *conf,
		 void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg);
/* Why it cannot be had: not offered, or what its error says; "" when it can. Borrowed. */
const char *archive_release_why(const struct catalog *c, const struct archive_release *r);
void archive_releases_free(struct archive_release *rows, size_t count);

/* Opens a cached, verified file by its digest for reading: the content is checked again through
 * the descriptor that is returned, unless the caller hashes it itself while reading
 * (`check` false). -1: not there or damaged (then it is removed from the cache). */
int archive_cache_open(const char *cache_dir, const uint8_t sha256[HASH_SIZE], uint64_t size, bool check,
		       struct err *e);
/* Removes cache entries not used for `days`; returns the bytes freed. */
int archive_cache_gc(const char *cache_dir, unsigned days, uint64_t *freed, struct err *e);

#endif
