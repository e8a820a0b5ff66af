/* SPDX-License-Identifier: MIT */
/* mirror: which base URLs a suite may come from, in order of preference. No I/O. */
#ifndef ARCHIVE_MIRROR_H
#define ARCHIVE_MIRROR_H

#include <stdbool.h>

#include "archive/archive.h"
#include "base/err.h"
#include "base/strv.h"

/* Fills `out` with http and https bases without a slash at the end: the snapshot service's, or the
 * one that is named, or for "auto" the host's own and then the catalogue's. Error ids: mirror-url,
 * mirror-none, mirror-snapshot. */
int mirror_bases(const struct archive_conf *conf, bool security, struct strv *out, struct err *e);

#endif
