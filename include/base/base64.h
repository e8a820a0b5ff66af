/* SPDX-License-Identifier: MIT */
/* base64: RFC 4648, section 4, without line ends. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Appends the encoded text of n bytes. */
void base64_encode(struct buf *out, const char *p, size_t n);
/* Appends the decoded bytes of a text. Returns 0, or -1 if the text is invalid; what was appended is then undefined. */
int base64_decode(struct buf *out, const char *p, size_t n);

#endif
