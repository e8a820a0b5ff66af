/* SPDX-License-Identifier: MIT */
/*
 * archive: a Debian archive: opens the suites of a release, whose InRelease must be signed by pinned keys and
 * recent (verify.h, floor.h in src/archive), loads their indices, solves a request to packages, and downloads them
 * into the cache by SHA-256. Nothing unverified is ever used.
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

/* What to open. The catalogue is borrowed until the callback has run, everything else only for the call. */
struct archive_conf {
	const struct catalog *catalog;
	const char *cache_dir;		 /* $XDG_CACHE_HOME/debwiz */
	const char *mirror;		 /* "auto" or base URL (http, https) */
	const char *security_mirror;	 /* "auto" or base URL */
	const struct strv *host_mirrors; /* what this host's apt uses, tried first for auto */
	const struct strv *host_security_mirrors;
	const char *proxy;    /* "": from the usual variables */
	const char *keyring;  /* "" or a path, in addition to the pinned set */
	const char *snapshot; /* "" or a timestamp: no freshness floor */
	const char *release;  /* codename */
	const char *arch;
	const char *kernel_arch;       /* kernels are of this one; "" or NULL: of `arch` */
	const struct strv *components; /* of the main solve: main */
	bool security, updates;
	bool offline;
	bool strict;	     /* an out-of-step updates or security suite is an error */
	unsigned stall_s;    /* seconds without data before an attempt is given up; 0: 30 */
	time_t (*now)(void); /* the wall clock, for tests; NULL: time() */
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
	size_t debian_signers; /* the number of Debian's own; the others are the user's */
	struct strv architectures;
};

/* Returns "3 Debian keys", "1 key of your keyring", or both; the caller frees it. */
char *archive_signers_text(const struct archive_suite *s);

/* One package of the solution. Strings are owned by the set. */
struct package {
	char *name, *version, *arch; /* version "": a file of that name (archive/sources.h) */
	char *url;		     /* whole URL */
	char *filename;		     /* as in the index */
	uint8_t sha256[HASH_SIZE];
	uint64_t size;	    /* bytes of the deb */
	uint64_t installed; /* bytes, by Installed-Size */
	bool essential;
	bool extra; /* needed only by the user's additional packages: installed by apt in the guest */
	bool named; /* an additional package that the user named, also by a name that it alone provides */
};

struct package_set {
	struct package *items; /* sorted by name, then arch */
	size_t len;
};

struct archive;

/* Reports progress: bytes done of total (0: unknown) and one line of text. */
typedef void (*archive_progress_fn)(uint64_t done, uint64_t total, const char *text, void *arg);

/* Chooses the mirror, downloads and verifies the InRelease files and the indices (by hash; from the cache if it has
 * them), and loads them into the solver. `done` runs on the loop, once and never during the call, with the archive
 * (owned by the callee) or with NULL and an error; after archive_cancel within a second, with ERR_INTERRUPTED. The
 * handle is for archive_cancel and is invalid after done. Error ids: those of verify.h, release.h, http.h, fetch.h,
 * index.h, env.h; release-version, release-older (older than one seen before), mirror-updating. */
struct archive_op;
struct archive_op *archive_open(struct loop *l, const struct archive_conf *conf, archive_progress_fn progress,
				void (*done)(struct archive *a, const struct err *e, void *arg), void *arg);
void archive_cancel(struct archive_op *op);
/* (Not archive_free: libarchive has that function.) NULL is fine. */
void archive_close(struct archive *a);

/* Return the suites in order (main, updates, security), and the warnings: what was left out and why, a sentence
 * each. */
const struct archive_suite *archive_suites(const struct archive *a, size_t *count);
const struct strv *archive_warnings(const struct archive *a);
/* Returns the names of suites that were left out although their release files do not exclude it: the mirror is out
 * of step. */
const struct strv *archive_left_out(const struct archive *a);

/* Solves Essential, Priority required and important, and `names` without recommends, then `extra` (the user's),
 * whose additional packages are marked .extra. `jobs` are names preferred among alternatives. Blocks for some tens
 * of ms. The order is deterministic. The caller frees the set. Error ids: package-unknown (with similar names),
 * package-virtual, package-conflict, package-data. */
int archive_solve(struct archive *a, const struct strv *names, const struct strv *extra, const struct strv *jobs,
		  struct package_set *out, struct err *e);
/* Solves the names with what they depend on, without a base set: for programs that run outside a system. Otherwise as
 * archive_solve. */
int archive_solve_alone(struct archive *a, const struct strv *names, struct package_set *out, struct err *e);
/* Appends the names that no package of the opened suites has or provides; e (unless NULL) is filled as archive_solve
 * does for them, and unchanged if there are none. */
void archive_unknown(struct archive *a, const struct strv *names, struct strv *out, struct err *e);
/* Appends to `names` a package for each dependency, "NAME" or "NAME (OP VERSION)": the one of that name if its version
 * fits, else the first by name that provides it. "dependency": some cannot be satisfied; names all, and why. */
int archive_satisfy(struct archive *a, const struct strv *dependencies, struct strv *names, struct err *e);
/* Appends the components for the architecture that the first suite's release file lists and that were not opened. */
void archive_other_components(const struct archive *a, struct strv *out);
/* Sets names that the base set omits although their priority requires them (unless other packages depend on them),
 * for later archive_solve. Copies them. */
void archive_exclude(struct archive *a, const struct strv *without);
/* Finds one package, the newest of that name, without its dependencies (firmware). */
int archive_find(struct archive *a, const char *name, struct package_set *out, struct err *e);
/* Returns the first of the names of which the opened suites have a package (borrowed from `names`), or NULL. */
const char *archive_first(struct archive *a, const struct strv *names);
/* Returns the version of the newest package of that name in the opened suites (borrowed), or NULL. */
const char *archive_version(struct archive *a, const char *name);
/* Reports up to `most` packages whose names contain `text`, best first (the name itself, then names that begin with
 * it, then the rest), each once with its newest version; texts come from the archive and are borrowed for the call.
 * Returns the total number. Blocks for a few ms. */
size_t archive_search(struct archive *a, const char *text, size_t most,
		      void (*found)(const char *name, const char *version, const char *summary, void *arg), void *arg);
void package_set_fini(struct package_set *set);
/* Returns the number of packages of the opened indices. */
size_t archive_package_count(const struct archive *a);

/* Downloads the packages that the cache lacks, and checks those that it has; each is capped at its signed size,
 * hashed while it arrives, resumed and retried; several at the same time. When `done` runs without an error every
 * package is in the cache. Callbacks as those of archive_open. If the mirror was chosen automatically ("auto"), what
 * it lacks is requested from up to three others. Error id mirror-updating: the index lists a missing file: open the
 * archive again, twice at most. */
struct archive_op *archive_fetch(struct archive *a, const struct package_set *set, archive_progress_fn progress,
				 void (*done)(const struct err *e, void *arg), void *arg);

/* A release of the catalogue as its mirror has it. */
struct archive_release {
	char *codename;
	struct archive_suite suite; /* empty if err is filled */
	struct err err;
};
/* Downloads the InRelease files of all releases of the catalogue (or reads the cache, with `offline`), verifies and
 * checks them; ignores conf->release, arch, components, security and updates. A release that fails has its error in
 * its row; `rows` is NULL, with an error, only if the whole fails. The callee frees the rows by
 * archive_releases_free. */
struct archive_op *
archive_releases(struct loop *l, const struct archive_conf *conf,
		 void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg);
/* Returns why a release is unavailable: not offered, or its error; "" if it is available. Borrowed. */
const char *archive_release_why(const struct catalog *c, const struct archive_release *r);
void archive_releases_free(struct archive_release *rows, size_t count);

/* Opens a cached file by its digest for reading. Checks the content through the returned descriptor, unless the
 * caller hashes it while reading (`check` false). Returns -1 if it is missing or damaged; a damaged file is removed. */
int archive_cache_open(const char *cache_dir, const uint8_t sha256[HASH_SIZE], uint64_t size, bool check,
		       struct err *e);
/* Removes cache entries not used for `days`; reports the bytes freed. */
int archive_cache_gc(const char *cache_dir, unsigned days, uint64_t *freed, struct err *e);

/* Returns the names and versions of libcurl and what it uses. */
const char *archive_libraries(void);

#endif
