/* SPDX-License-Identifier: MIT */
/* usage: what debwiz keeps on this host's disk, by kind. */
#ifndef PREPARE_USAGE_H
#define PREPARE_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "machine/store.h"

struct usage {
	const char *kind; /* "base images" */
	uint64_t bytes;	  /* on the disk: the holes of a file take none */
};

#define USAGE_KINDS 7

/* Adds up the files of each kind; a kind without files has 0 bytes. Blocks while it reads the folders. */
void usage_read(const struct store *store, struct usage out[USAGE_KINDS]);

#endif
