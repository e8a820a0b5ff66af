/* SPDX-License-Identifier: MIT */
/* packed: compressed bytes in memory (gzip, xz, zstd) to plain ones, within limits. */
#ifndef IMAGE_PACKED_H
#define IMAGE_PACKED_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* One layer of compression, told by the first bytes; over `cap` bytes of output is an error, and
 * so are bytes that are none of the three. `out` is initialised by the call, owned by the caller
 * on success. `name` is for the message. */
int unpack_bytes(const void *p, size_t n, size_t cap, struct buf *out, const char *name, struct err *e);

#endif
