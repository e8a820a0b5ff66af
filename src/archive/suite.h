/* SPDX-License-Identifier: MIT */
/*
 * suite: gets one suite's release file from the first of several mirrors that has an acceptable one: signed by the
 * pinned set, the requested one, valid now, not older than one seen before.
 */
#ifndef ARCHIVE_SUITE_H
#define ARCHIVE_SUITE_H

#include "archive/archive.h"
#include "env.h"
#include "release.h"
#include "verify.h"

struct suite {
	struct archive_suite pub;
	struct release release;
	struct strv warnings;
	struct strv others; /* bases of other mirrors */
};
void suite_free(struct suite *s);

struct suite_get;
struct suite_request {
	const char *suite; /* path below dists/ */
	const char *arch;  /* NULL: any */
	const struct strv *bases;
	struct verify_keys *keys;  /* borrowed until done */
	const struct strv *debian; /* Debian's own keys; borrowed until done */
	const struct strv *pinned; /* all valid keys; borrowed until done */
	bool fresh;		   /* bypasses caches between us and the mirror */
};

/* Calls `done` once, never during suite_get_start: with the suite (owned by the callee) or an error, which lists
 * each of several bases. */
typedef void (*suite_done_fn)(struct suite *s, const struct err *e, void *arg);
struct suite_get *suite_get_start(struct archive_env *env, const struct suite_request *req, suite_done_fn done,
				  void *arg);
void suite_get_cancel(struct suite_get *g);

#endif
