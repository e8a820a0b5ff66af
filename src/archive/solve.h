/* SPDX-License-Identifier: MIT */
/*
 * solve: solves names to a set of packages, from a pool of loaded indices. The same pool and names give the same
 * set in the same order. See archive_solve and archive_find.
 */
#ifndef ARCHIVE_SOLVE_H
#define ARCHIVE_SOLVE_H

#include "archive/archive.h"

struct s_Pool;

/* Creates a pool for Debian packages of this architecture and of a foreign one, which is used for names that the first
 * does not have (NULL: none). Free it with pool_free. Never NULL. */
struct s_Pool *solve_pool_new(const char *arch, const char *foreign);
/* Must be called after the last index was loaded. */
void solve_pool_ready(struct s_Pool *pool);

struct solve_request {
	const struct strv *names;   /* in addition to the base set */
	const struct strv *extra;   /* in addition to both; these may be NULL */
	const struct strv *prefer;  /* among alternatives */
	const struct strv *without; /* not in the base set, unless required */
	bool alone;		    /* no base set: the names with what they depend on */
};
/* Appends the names that no package has or provides, and fills e for them as solve_packages does. */
void solve_unknown(struct s_Pool *pool, const struct strv *names, struct strv *out, struct err *e);
/* One error reports all wrong names. Error ids: package-unknown, package-virtual, package-conflict, package-data. */
int solve_packages(struct s_Pool *pool, const struct solve_request *req, struct package_set *out, struct err *e);
int solve_find(struct s_Pool *pool, const char *name, struct package_set *out, struct err *e);
/* As archive_satisfy. */
int solve_satisfy(struct s_Pool *pool, const struct strv *dependencies, struct strv *names, struct err *e);
const char *solve_version(struct s_Pool *pool, const char *name);
/* Returns up to three similar names ("a, b or c"), or "" if there are none; the caller frees it. In search.c. */
char *search_similar_names(struct s_Pool *pool, const char *name);

#endif
