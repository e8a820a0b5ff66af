/* SPDX-License-Identifier: MIT */
/* packed: unpacks compressed bytes in memory (gzip, xz, zstd), within limits. */
#ifndef IMAGE_PACKED_H
#define IMAGE_PACKED_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Unpacks one layer of compression, detected by the first bytes; more than `cap` bytes of output is an error, and so
 * is an unknown compression. Initializes `out`, which the caller frees on success. `name` is for the message. */
int unpack_bytes(const void *p, size_t n, size_t cap, struct buf *out, const char *name, struct err *e);

#endif
