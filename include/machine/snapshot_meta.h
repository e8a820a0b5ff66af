/* SPDX-License-Identifier: MIT */
/*
 * snapshot_meta: how QEMU was run at each snapshot that holds a guest's memory, in DIR/snapshots.json. The snapshots
 * themselves are in the disk, which is authoritative.
 */
#ifndef MACHINE_SNAPSHOT_META_H
#define MACHINE_SNAPSHOT_META_H

#include "base/err.h"
#include "machine/suspended.h"

/* Records a snapshot. Blocks for a small file. */
int snapshot_meta_write(const char *dir, const char *tag, const struct suspended_state *k, struct err *e);
/* Reads the record. "snapshot-unknown" if there is none for that tag. */
int snapshot_meta_read(const char *dir, const char *tag, struct suspended_state *out, struct err *e);
/* Removes the record. A missing one is not an error. */
int snapshot_meta_remove(const char *dir, const char *tag, struct err *e);

/* Save, restore and remove the files that belong to a snapshot beside the disk: the firmware's variables, and a seed
 * that is not applied, in DIR/snapshots. With `running` only the seed is restored: QEMU has the variables open, and
 * loads them with the memory. A snapshot of an earlier version has none: nothing is done. They block for small,
 * sparse files. */
int snapshot_meta_save_files(const char *dir, const char *tag, struct err *e);
int snapshot_meta_restore_files(const char *dir, const char *tag, bool running, struct err *e);
int snapshot_meta_remove_files(const char *dir, const char *tag, struct err *e);

#endif
