/* SPDX-License-Identifier: MIT */
/*
 * ring: the packets of an OpenPGP key ring (RFC 4880, section 4), as librnp lists them, unchecked. It answers
 * whether a ring adds anything to others: checking the signatures of a ring takes some 80 ms, and most hosts have
 * the same keys that are built in.
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

/* Reads a binary or armoured ring. Returns -1 if librnp cannot list it completely; the caller calls ring_fini in
 * either case. */
int ring_read(const void *p, size_t n, struct ring *out);
void ring_fini(struct ring *r);
/* Returns whether `known` (packets of other rings, sorted) contains all of it. */
bool ring_is_within(const struct ring *r, const struct strv *known);

#endif
