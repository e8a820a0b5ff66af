/* SPDX-License-Identifier: MIT */
/*
 * keys: the pinned set for a release: the catalogue's fingerprints over the rings of assets/keys,
 * the host's debian-archive-keyring where it is installed, and the ring that the user names.
 */
#ifndef ARCHIVE_KEYS_H
#define ARCHIVE_KEYS_H

#include "archive/verify.h"
#include "base/err.h"
#include "base/strv.h"

/* `pinned`: the release's fingerprints; when there are none every key of assets/keys counts.
 * `keyring`: "" or a path. Reads files and takes some 50 ms: for a pool thread. An error is only
 * what the user's own ring has. */
int keys_gather(const struct strv *pinned, const char *keyring, struct verify_keys *out,
		struct err *e);

#endif
