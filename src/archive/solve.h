/* SPDX-License-Identifier: MIT */
/*
 * solve: from a pool of loaded indices and names to a set of packages. The same pool and names
 * give the same set in the same order. Contracts as in archive_solve, archive_find.
 */
#ifndef ARCHIVE_SOLVE_H
#define ARCHIVE_SOLVE_H

#include "archive/archive.h"

struct s_Pool;

/* A pool for Debian packages of this architecture; free with pool_free. Never NULL. */
struct s_Pool *solve_pool_new(const char *arch);
/* After the last index was loaded. */
void solve_pool_ready(struct s_Pool *pool);

struct solve_request {
	const struct strv *names;   /* beside the base set */
	const struct strv *extra;   /* on top of all that; these may be NULL */
	const struct strv *prefer;  /* where there are alternatives */
	const struct strv *without; /* not in the base set, unless needed */
};
/* Those of the names that no package has or provides; e says so, as solve_packages does. */
void solve_unknown(struct s_Pool *pool, const struct strv *names, struct strv *out, struct err *e);
/* All names that are wrong are in one error. Error ids: package-unknown, package-virtual,
 * package-conflict, package-data. */
int solve_packages(struct s_Pool *pool, const struct solve_request *req, struct package_set *out, struct err *e);
int solve_find(struct s_Pool *pool, const char *name, struct package_set *out, struct err *e);
/* As archive_satisfy. */
int solve_satisfy(struct s_Pool *pool, const struct strv *dependencies, struct strv *names, struct err *e);
const char *solve_version(struct s_Pool *pool, const char *name);
/* Returns up to three similar names ("a, b or c"), or "" if there are none; the caller frees it. In search.c. */
char *search_similar_names(struct s_Pool *pool, const char *name);

#endif
