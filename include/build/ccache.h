/* SPDX-License-Identifier: MIT */
/*
 * ccache: the volume in which ccache keeps what a compiler made, for later builds on the same architecture and release:
 * a raw disk, which takes only what was written to it. Its file system is the guest's: this host never reads it, and
 * assets/build/ccache.sh makes it, checks it, and makes it again if it is damaged.
 *
 * DATA/ccache/KEY.raw, locked by KEY.lock while a machine has it; KEY is release and architecture.
 */
#ifndef BUILD_CCACHE_H
#define BUILD_CCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "host/lock.h"
#include "machine/store.h"

struct ccache {
	char *volume; /* path */
	struct lock *lock;
	bool remade; /* the file was not a volume of ours, and was replaced */
};

/* Takes the volume, which is created if it does not exist. Ends machines of killed commands, which may still have it.
 * "busy": another build has it. To be ended by ccache_release. Blocks as temporary_collect does. */
int ccache_take(const struct store *s, const char *release, const char *arch, struct ccache *out, struct err *e);
/* Creates an empty one at `path` instead, for a machine that has to have the same devices. */
int ccache_create_stand_in(const char *path, struct err *e);
void ccache_release(struct ccache *c);

/* What ccache did in a build, as the machine reports it: "cached HITS MISSES", or "uncached REASON"; and "remade" if
 * the volume's file system was damaged. */
struct ccache_counts {
	bool counted, remade;
	unsigned hits, misses;
	char *why; /* why it was not used; NULL: it was, or nothing was reported */
};

/* Reads the lines; others are ignored. Text from the guest is made safe. */
void ccache_read_counts(const char *text, struct ccache_counts *out);
void ccache_counts_fini(struct ccache_counts *c);

/* Removes volumes that no build has now and that were not used for `days`. `removed` is called for each. Adds the freed
 * bytes. Blocks. */
int ccache_collect(const struct store *s, unsigned days, uint64_t *freed,
		   void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e);

#endif
