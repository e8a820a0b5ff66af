/* SPDX-License-Identifier: MIT */
/*
 * fetch: one file of known size and digest into the cache: looked for there first, then resumed or
 * fetched from the URLs in turn, checked, committed. Two processes that want the same file share
 * the work.
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
	const struct strv *urls; /* the next one is tried when one is not there or has other content */
	/* other mirrors, NULL: none. Each is asked once, when all of `urls` were in vain in that way; where
	 * none has it, the error is what `urls` gave. */
	const struct strv *others;
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
	bool fresh; /* past caches in between */
};

/* `done` is called once, never from within fetch_start; e is NULL when the file is in the cache.
 * Error ids: offline-missing, cache-busy, fetch-mismatch, those of http and cache; ERR_INTERRUPTED
 * after fetch_cancel. The fetch is gone once done has run. */
struct fetch *fetch_start(struct archive_env *env, const struct fetch_request *req,
			  void (*done)(const struct err *e, void *arg), void *arg);
void fetch_cancel(struct fetch *f);
/* Bytes of it that are there. */
uint64_t fetch_received(const struct fetch *f);
/* Whether it means that the mirror is so slow that another one is the better choice. */
bool fetch_error_is_slow(const struct err *e);
/* Whether this error means that the mirror's parts are out of step with each other. */
bool fetch_error_is_stale(const struct err *e);

#endif
