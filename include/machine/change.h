/* SPDX-License-Identifier: MIT */
/*
 * change: what is done to a machine as a whole: clone, rename, delete, recreate; both faces do it
 * by these two calls. The first looks, and tells what is lost, for a person to agree; the second
 * does it. Neither asks anybody.
 */
#ifndef MACHINE_CHANGE_H
#define MACHINE_CHANGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"
#include "machine/store.h"

enum change_kind {
	CHANGE_CLONE, /* a second machine like it, with a copy of its disk where it has one */
	CHANGE_RENAME,
	CHANGE_DELETE,	 /* the machine, and its file where that is one of ours */
	CHANGE_RECREATE, /* its disk; the next start makes a new one */
};

struct change {
	enum change_kind kind;
	char *ref;	   /* how it was named */
	char *name;	   /* the machine */
	char *to;	   /* CLONE, RENAME: the other name, else NULL */
	char *ini;	   /* its file, NULL: it has none (any more) */
	char *to_ini;	   /* CLONE, RENAME: the file afterwards */
	bool made;	   /* it has a disk */
	bool loses;	   /* what a guest wrote is lost: ask twice */
	struct strv lost;  /* what is lost for good, a few words each */
	struct strv stays; /* what a person should know beside that, a sentence each */
};

/* Looks at what it would do; `ref` is NAME or FILE, `to` a name or NULL (CLONE, RENAME: not known
 * yet; only whether it could be). Blocks for a few small files. Error ids: those of store_find_ini
 * and spec_read, "name-bad", "name-taken", "not-made" (recreate), "suspended" (clone: resume it
 * first), "busy" (it runs or is being prepared). `out` is to be freed in either case. */
int change_examine(const struct store *store, enum change_kind kind, const char *ref, const char *to,
		   struct change *out, struct err *e);
/* Does it, under the machine's lock. Blocks: a clone copies the written part of the disk; it
 * touches nothing of the loop and may run as work. A kill in the middle leaves a machine that the
 * same call finishes. A clone tells how far it is (0 to 100; may be NULL), from the calling thread, and
 * ends within a second with ERR_INTERRUPTED once *cancel (or NULL) is true: there is no copy then. "busy" also
 * where another command changed since change_examine what was agreed to. */
int change_do(const struct store *store, const struct change *c, const atomic_bool *cancel,
	      void (*progress)(double percent, void *arg), void *arg, struct err *e);
void change_fini(struct change *c);

#endif
