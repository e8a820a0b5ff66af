/* SPDX-License-Identifier: MIT */
/*
 * snapshot: snapshots of a machine that is off, for both faces; those of one that runs are its
 * supervisor's (machine/client.h). One of the disk alone is qemu-img's, with the firmware's variables and a seed that
 * was not applied beside it (machine/snapshot_meta.h); one that holds a guest's memory is gone back to by starting the
 * machine in it.
 */
#ifndef PREPARE_SNAPSHOT_H
#define PREPARE_SNAPSHOT_H

#include "image/disk.h"
#include "machine/client.h"
#include "prepare/job.h"

/* Those in the machine's disk, oldest first; to be freed by disk_snapshots_fini. Ids: "not-made"
 * and those of disk_snapshots. Blocks for a moment, and may run as work. */
int snapshot_list(const struct job *j, struct disk_snapshot **out, size_t *count, struct err *e);

/* Does it under the machine's lock, which the job keeps. *starts: the snapshot to revert to holds
 * memory; nothing was done, snapshot_start does it. Ids: "not-made", "suspended", "busy" (it is
 * being prepared or runs) and those of the disk. Blocks for seconds, and may run as work. */
int snapshot_change(struct job *j, enum vm_snapshot_op op, const char *tag, bool *starts, struct err *e);

/* Starts the machine where it was when the snapshot was made; lets go of the lock, for the
 * supervisor takes it. `done` is called as vm_start does, unless -1 was returned. The job need not
 * outlive the call. */
int snapshot_start(struct job *j, const char *tag, void (*done)(const struct err *e, void *arg), void *arg,
		   struct err *e);

/* The name that one gets without one: "at-20251121-134501"; owned. */
char *snapshot_tag_now(void);

#endif
