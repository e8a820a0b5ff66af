/* SPDX-License-Identifier: MIT */
/*
 * stage: copies what is to be built into a folder of this host, in the form in which the guest takes it: the .dsc and
 * its files, or the folder as `source` and the orig tarball.
 */
#ifndef BUILD_STAGE_H
#define BUILD_STAGE_H

#include "archive/sources.h"
#include "base/hash.h"
#include "build/source.h"

/* Copies it below the folder `to`, which must exist. Of a git working tree its tracked and untracked files come along,
 * of its submodules too, what git ignores does not; else all but .git. Links stay links. "source-copy". Blocks. */
int stage_source(const struct source *s, const char *to, struct err *e);
/* Hashes paths, modes, sizes and times of what stage_source copies: equal as long as none of it has changed. Blocks. */
int stage_fingerprint(const struct source *s, uint8_t digest[HASH_SIZE], struct err *e);
/* Places the files of a source package that are in the cache (archive_get_source) into the folder `to`, which is
 * created. Returns the path of its .dsc, owned; NULL with e. Blocks. */
char *stage_fetched(const struct archive_source *s, const char *cache_dir, const char *to, struct err *e);

#endif
