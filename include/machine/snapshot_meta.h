/* SPDX-License-Identifier: MIT */
/*
 * mark: what is noted of each snapshot that holds a guest's memory, in DIR/snapshots.json: how QEMU
 * must be run to take it back. The snapshots themselves are in the disk, which has the last word.
 */
#ifndef MACHINE_SNAPSHOT_META_H
#define MACHINE_SNAPSHOT_META_H

#include "base/err.h"
#include "machine/suspended.h"

/* Blocks for a small file. */
int snapshot_meta_write(const char *dir, const char *tag, const struct suspended_state *k, struct err *e);
/* "snapshot-unknown" where nothing is noted of that tag. */
int snapshot_meta_read(const char *dir, const char *tag, struct suspended_state *out, struct err *e);
/* No mark is no error. */
int snapshot_meta_remove(const char *dir, const char *tag, struct err *e);

/* Files that belong to a snapshot beside the disk: the firmware's variables, and the seed while it is not
 * applied, copied to DIR/snapshots. restore: of a machine that runs only the seed (`running`): QEMU has the
 * variables open, and loads them with the memory. A snapshot of an earlier version has none: nothing is done.
 * They block for small, sparse files. */
int snapshot_meta_save_files(const char *dir, const char *tag, struct err *e);
int snapshot_meta_restore_files(const char *dir, const char *tag, bool running, struct err *e);
int snapshot_meta_remove_files(const char *dir, const char *tag, struct err *e);

#endif
