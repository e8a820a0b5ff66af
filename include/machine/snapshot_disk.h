/* SPDX-License-Identifier: MIT */
/*
 * snapshot_disk: snapshots of the disk of a stopped machine, by qemu-img, with the firmware's variables and a
 * seed that was not applied (machine/snapshot_meta.h). `dir` is the machine's folder, `disk` its disk. All
 * block for seconds; the caller holds the machine's lock.
 */
#ifndef MACHINE_SNAPSHOT_DISK_H
#define MACHINE_SNAPSHOT_DISK_H

#include "base/err.h"

/* Creates a snapshot. "snapshot-exists", and the errors of disk_snapshot_create. */
int snapshot_create(const char *dir, const char *disk, const char *tag, struct err *e);
/* Reverts the disk and its files, as one change: snapshot_finish completes one that was interrupted. */
int snapshot_revert(const char *dir, const char *disk, const char *tag, struct err *e);
/* After an interrupted change of the disk (disk_change_pending): waits for what still writes, examines the disk,
 * completes a revert, and removes the mark. "disk-busy", "disk-corrupt". */
int snapshot_recover(const char *dir, const char *disk, struct err *e);
/* Does the same for a disk that was examined. */
int snapshot_finish(const char *dir, const char *disk, struct err *e);

#endif
