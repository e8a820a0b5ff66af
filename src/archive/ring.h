/* SPDX-License-Identifier: MIT */
/*
 * ring: the packets of an OpenPGP key ring (RFC 4880, section 4), as librnp reads them; nothing is
 * checked. It tells whether a ring adds anything to others: checking a ring's signatures takes some
 * 80 ms, and most hosts have the keys once more that are built in.
 */
#ifndef ARCHIVE_RING_H
#define ARCHIVE_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct ring {
	struct strv packets;   /* each with the key that it belongs to, sorted */
	struct strv primaries; /* fingerprints of primary keys, upper case */
};

/* Binary or armoured. -1: librnp cannot list it, or not in full; `out` is to be finished either way. */
int ring_read(const void *p, size_t n, struct ring *out);
void ring_fini(struct ring *r);
/* Whether `known` (packets of other rings, sorted) has all of it. */
bool ring_is_within(const struct ring *r, const struct strv *known);

#endif
