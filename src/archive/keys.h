/* SPDX-License-Identifier: MIT */
/*
 * keys: the pinned set: the rings of assets/keys, of which the catalogue names those that are valid for a release,
 * the host's debian-archive-keyring if it is installed, and the ring that the user names.
 */
#ifndef ARCHIVE_KEYS_H
#define ARCHIVE_KEYS_H

#include "base/err.h"
#include "base/strv.h"
#include "verify.h"

struct keys {
	struct verify_keys *rings;
	struct strv built_in; /* primary fingerprints in assets/keys */
	struct strv host;     /* those of the host's debian-archive-keyring */
	struct strv user;     /* those of the user's ring */
};

/* Reads the rings, which takes some 100 ms: for a pool thread. `keyring` is "" or a path; only errors of this ring
 * are reported. The caller calls keys_fini in any case. */
int keys_gather(const char *keyring, struct keys *out, struct err *e);
void keys_fini(struct keys *k);
/* Sets which keys are valid for a release. `debian`: the catalogue's fingerprints (all of assets/keys if it has
 * none) and those of the host's ring. `pinned`: these and the user's. */
void keys_pinned(const struct keys *k, const struct strv *of_release, struct strv *debian, struct strv *pinned);

#endif
