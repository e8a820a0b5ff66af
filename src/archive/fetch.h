/* SPDX-License-Identifier: MIT */
/*
 * fetch: downloads one file of known size and digest into the cache: looks for it there first, then resumes or
 * downloads it from the URLs in turn, checks and commits it. Two processes that need the same file share the work.
 */
#ifndef ARCHIVE_FETCH_H
#define ARCHIVE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strv.h"
#include "env.h"

struct fetch;
struct fetch_request {
	const char *name;	 /* for messages */
	const struct strv *urls; /* the next one is tried if one lacks the file or has other content */
	/* other mirrors, NULL: none. Each is tried once, if all of `urls` failed in that way; if none has the file,
	 * the error is that of `urls`. */
	const struct strv *others;
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
	bool fresh; /* bypasses caches between us and the mirror */
};

/* Calls `done` once, never during fetch_start; e is NULL if the file is in the cache. Error ids: offline-missing,
 * cache-busy, fetch-mismatch, those of http and cache; ERR_INTERRUPTED after fetch_cancel. The fetch is freed after
 * done. */
struct fetch *fetch_start(struct archive_env *env, const struct fetch_request *req,
			  void (*done)(const struct err *e, void *arg), void *arg);
void fetch_cancel(struct fetch *f);
/* Returns the bytes that are available. */
uint64_t fetch_received(const struct fetch *f);
/* Returns whether the error means that the mirror is so slow that another one is the better choice. */
bool fetch_error_is_slow(const struct err *e);
/* Returns whether the error means that the mirror's parts are out of step with each other. */
bool fetch_error_is_stale(const struct err *e);

#endif
