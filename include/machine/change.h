/* SPDX-License-Identifier: MIT */
/*
 * change: changes of a whole machine: clone, rename, delete, recreate. Both interfaces use these two calls: the first
 * examines and reports what is lost, for the user to confirm; the second does it. Neither asks the user.
 */
#ifndef MACHINE_CHANGE_H
#define MACHINE_CHANGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"
#include "machine/store.h"

enum change_kind {
	CHANGE_CLONE, /* a second machine like it, with a copy of its disk if it has one */
	CHANGE_RENAME,
	CHANGE_DELETE,	 /* the machine, and its file if that is a saved one */
	CHANGE_RECREATE, /* its disk; the next start creates a new one */
};

struct change {
	enum change_kind kind;
	char *ref;	   /* the NAME or FILE of the command */
	char *name;	   /* the machine */
	char *to;	   /* CLONE, RENAME: the other name, else NULL */
	char *ini;	   /* its file, NULL: it has none */
	char *to_ini;	   /* CLONE, RENAME: the file after the change */
	bool has_disk;	   /* it has a disk */
	bool loses_data;   /* data of the guest is lost: confirm twice */
	struct strv lost;  /* what is lost for good, a few words each */
	struct strv notes; /* what the user should know beside that, a sentence each */
};

/* Examines a change; `ref` is NAME or FILE, `to` a name or NULL (CLONE, RENAME: not known yet; only whether it is
 * possible). Blocks for a few small files. Error ids: those of store_find_ini and spec_read, "name-bad", "name-taken",
 * "not-made" (recreate), "suspended" (clone: resume it first), "busy" (it runs or is being prepared). The
 * caller frees `out` in either case. */
int change_examine(const struct store *store, enum change_kind kind, const char *ref, const char *to,
		   struct change *out, struct err *e);
/* Does the change under the machine's lock. Blocks: a clone copies the written part of the disk; it does not use the
 * loop and may run as work. A kill in the middle leaves a machine that the same call completes. A clone reports its
 * progress (0 to 100; may be NULL) from the calling thread, and ends within a second with ERR_INTERRUPTED once
 * *cancel (or NULL) is true: then there is no copy. "busy" also if another command changed what the user confirmed
 * since change_examine. */
int change_do(const struct store *store, const struct change *c, const atomic_bool *cancel,
	      void (*progress)(double percent, void *arg), void *arg, struct err *e);
/* Renames a machine's folder with its content, and what a base on a file system without hard links has recorded of it.
 * For callers that hold the machine's locks. */
int change_move_folder(const char *dir, const char *to, struct err *e);
void change_fini(struct change *c);

#endif
