/* SPDX-License-Identifier: MIT */
/*
 * download: one file that is not part of a Debian archive, by its address and its digest, into the cache (folder
 * files, by digest), so that an interrupted transfer is resumed and a second one needs no network.
 */
#ifndef ARCHIVE_DOWNLOAD_H
#define ARCHIVE_DOWNLOAD_H

#include "archive/archive.h"

/* All borrowed for the call. */
struct download_conf {
	const char *url; /* http or https */
	/* SHA-256 or SHA-512 in hexadecimal digits; "": as the file SHA512SUMS beside the file says */
	const char *digest;
	const char *cache_dir;
	const char *proxy; /* "": from the usual variables */
	bool offline;
};

/* Downloads the file and checks it. `done` runs on the loop, once and never during the call, with the path of the
 * cached file and its digest (borrowed), or with an error; after archive_cancel with ERR_INTERRUPTED. The handle is for
 * archive_cancel and is invalid after done. Error ids: those of http.h and cache.h; download-digest (what arrived is
 * something else), download-unlisted (SHA512SUMS is missing or does not list the file), offline-missing, cache-busy. */
struct archive_op *download_start(struct loop *l, const struct download_conf *conf, archive_progress_fn progress,
				  void (*done)(const char *path, const char *digest, const struct err *e, void *arg),
				  void *arg);

#endif
