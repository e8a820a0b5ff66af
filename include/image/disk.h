/* SPDX-License-Identifier: MIT */
/*
 * disk: a machine's disk: a qcow2 overlay over its base image. Made by qemu-img, and looked at in
 * C before it is ever handed to QEMU. Formats are always said, never guessed; no file that was not
 * made here is accepted (a foreign backing file or data file could name any file of the host).
 *
 * Calls block (most of them for milliseconds); those that may take long have a cancel flag, which
 * may be NULL: once it is true they end within a second with ERR_INTERRUPTED and leave the old
 * state. The disk must not be in use: hold the machine's lock.
 */
#ifndef IMAGE_DISK_H
#define IMAGE_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DISK_BASE_NAME "base.raw" /* the base's link in the machine's folder */

struct disk_info {
	uint64_t size;	    /* as the guest sees it, bytes */
	uint64_t allocated; /* bytes on the host's disk, without the base */
	uint32_t snapshots; /* internal ones, a suspended state among them */
	bool standalone;    /* needs no base */
	bool untouched;	    /* nothing was ever written to it: it may be made anew */
};

/* Makes the base's disk known in the machine's folder: a hard link `link_path`, so that the base's
 * data stay while a machine has them. Where the file system cannot, a symbolic link, and a file
 * beside the base that names `link_path` (disk_base_users finds both). One that is there and right
 * stays. */
int disk_link_base(const char *base_disk, const char *link_path, struct err *e);
/* Before the folder with the link `from` gets another name, so that the link will be at `to`: a
 * symbolic link's base is told of `to` as well, and so is held at every moment. Nothing to do for a
 * hard link, none at all, and one whose base has gone. */
int disk_move_base(const char *from, const char *to, struct err *e);
/* How many machines hold the base disk: other hard links, and references whose machine still
 * has its link. */
int disk_base_users(const char *base_disk, uint64_t *users, struct err *e);

/* Makes the overlay `path` of `size` bytes over DISK_BASE_NAME in the same folder. Refused ("disk-
 * exists") when it is there already: a disk is never replaced by this. */
int disk_create(const char *path, uint64_t size, struct err *e);

/* Looks whether `path` is a disk as disk_create or disk_flatten made it, whole, with its base at
 * hand. Ids: "disk-missing", "disk-broken" (empty, cut, corrupt), "disk-foreign", "disk-base"
 * (its base is missing, or larger than the disk). */
int disk_check(const char *path, struct disk_info *out, struct err *e);

/* Looks at a further drive, of any maker, before QEMU opens it: a regular file (raw: or a block device), and
 * of a qcow2 image nothing but this file would be opened. Ids: "drive-missing", "drive-bad",
 * "drive-backing" (it names a backing file), "disk-foreign" (its data lie in another file, or it is no
 * qcow2), "disk-broken". */
int disk_check_drive(const char *path, const char *format, struct err *e);

/* Makes it larger; the same size is no change, a smaller one is refused ("disk-shrink"), and so is
 * one with snapshots ("disk-snapshots"). The guest grows partition and file system at its next
 * boot. */
int disk_grow(const char *path, uint64_t size, struct err *e);

/* What `qemu-img check` says of a disk whose last run was cut off. Nothing is ever repaired here. */
enum disk_health {
	DISK_WELL,
	DISK_LEAKS,   /* wasted space, no harm */
	DISK_CORRUPT, /* must not be run */
};
/* `count`: leaked clusters, or errors. A check that cannot be made is an error ("disk-check"); a format
 * that has none is well. Blocks. */
int disk_examine(const char *path, enum disk_health *out, uint64_t *count, struct err *e);

/* Fills e for a disk that was found corrupt, with what to do; -1. */
int disk_corrupt_err(const char *disk, uint64_t count, struct err *e);

/* What qemu-img changes in place (snapshots, size) is marked in PATH.changing until it is whole. pending: what
 * was being done when a command was killed ("create one"), owned; NULL: nothing. begin, end: for a change of
 * more than the disk. await_others: waits for a qemu-img that a killed command left at work; "disk-busy" where
 * it does not end in time. settle: examines a marked disk and takes the mark away; "disk-corrupt". All block. */
char *disk_change_pending(const char *disk);
int disk_change_begin(const char *disk, const char *what, struct err *e);
int disk_change_end(const char *disk, struct err *e);
int disk_await_others(const char *disk, struct err *e);
int disk_settle(const char *disk, struct err *e);

/* A snapshot inside the disk. */
struct disk_snapshot {
	char *tag;
	int64_t date;	 /* seconds since the epoch */
	uint64_t memory; /* bytes of a guest's memory in it, 0: of the disk alone */
};

/* Snapshots of a disk that is not in use. list: oldest first, to be freed by disk_snapshots_fini.
 * create: of the disk alone; "snapshot-exists". revert: what was written since then is lost; the change's mark
 * ("revert TAG") stays until disk_change_end, for what belongs to it beside the disk.
 * revert, delete: "snapshot-missing". */
int disk_snapshots(const char *path, struct disk_snapshot **out, size_t *count, struct err *e);
void disk_snapshots_fini(struct disk_snapshot *s, size_t count);
/* 1: there is one of that name, 0: none, -1 with e. */
int disk_snapshot_find(const char *path, const char *tag, struct err *e);
int disk_snapshot_create(const char *path, const char *tag, struct err *e);
int disk_snapshot_revert(const char *path, const char *tag, struct err *e);
int disk_snapshot_delete(const char *path, const char *tag, struct err *e);

/* Rewrites it so that it needs no base. Refused with snapshots. `progress` (0 to 100) is called
 * from the calling thread; may be NULL. The base's link stays: remove it afterwards. Blocks for
 * seconds to minutes. */
int disk_flatten(const char *path, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		 struct err *e);

#endif
