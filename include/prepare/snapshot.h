/* SPDX-License-Identifier: MIT */
/*
 * snapshot: snapshots of a stopped machine, for both interfaces; a running machine's supervisor makes its own
 * (machine/client.h). A snapshot of the disk alone is qemu-img's, with copies of the firmware's variables and of a seed
 * that was not applied (machine/snapshot_meta.h); one with memory is reverted to by starting the machine from it.
 */
#ifndef PREPARE_SNAPSHOT_H
#define PREPARE_SNAPSHOT_H

#include "image/disk.h"
#include "machine/client.h"
#include "prepare/job.h"

/* Lists the snapshots in the machine's disk, oldest first; to be freed by disk_snapshots_fini. Ids: "not-made" and
 * those of disk_snapshots. Blocks for a moment, and may run as work. */
int snapshot_list(const struct job *j, struct disk_snapshot **out, size_t *count, struct err *e);

/* Creates, reverts to or deletes a snapshot under the machine's lock, which the job keeps. *starts: the snapshot to
 * revert to has memory; nothing was done, and snapshot_start must follow. Ids: "not-made", "suspended", "busy" (the
 * machine is being prepared or runs) and those of the disk. Blocks for seconds, and may run as work. */
int snapshot_change(struct job *j, enum vm_snapshot_op op, const char *tag, bool *starts, struct err *e);

/* Starts the machine from the snapshot; releases the lock for the supervisor. `done` is called as vm_start does, unless
 * -1 was returned. The job need not outlive the call. */
int snapshot_start(struct job *j, const char *tag, void (*done)(const struct err *e, void *arg), void *arg,
		   struct err *e);

/* Returns the default name of a new snapshot: "at-20251121-134501"; owned. */
char *snapshot_tag_now(void);

#endif
