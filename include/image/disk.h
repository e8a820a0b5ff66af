/* SPDX-License-Identifier: MIT */
/*
 * disk: a machine's disk: a qcow2 overlay over its base image. qemu-img creates it, and C code examines it before
 * QEMU ever opens it. Formats are always given, never guessed; a file that was not created here is refused (a
 * foreign backing or data file could name any file of the host).
 *
 * Calls block (most of them for milliseconds); those that may take long have a cancel flag, which may be NULL: once
 * it is true they return within a second with ERR_INTERRUPTED and leave the old state. The disk must not be in use:
 * hold the machine's lock.
 */
#ifndef IMAGE_DISK_H
#define IMAGE_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DISK_BASE_NAME "base.raw"     /* the base's link in the folder of a machine or layer */
#define DISK_LAYER_NAME "layer.qcow2" /* a layer: an overlay of a base; its link in a machine's folder */

struct disk_info {
	uint64_t size;	    /* as the guest sees it, bytes */
	uint64_t allocated; /* bytes on the host's disk, without the base */
	uint32_t snapshots; /* internal ones, including a suspended state */
	bool standalone;    /* needs no base */
	bool untouched;	    /* nothing was ever written to it: it may be created again */
};

/* Links the base's disk into the machine's folder: a hard link `link_path`, so that the base's data stay as long as
 * a machine uses them. If the file system has none, or the base's disk is a user's file (disk_is_original), a symbolic
 * link, and a file beside the base that names `link_path` (disk_base_users finds both). Keeps an existing correct
 * link. */
int disk_link_base(const char *base_disk, const char *link_path, struct err *e);
/* Prepares for renaming the folder with the link `from`, so that it becomes `to`: the base of a symbolic link
 * records `to` as well, and so is in use at every moment. Does nothing for a hard link, a missing link, and a link
 * whose base is missing. */
int disk_move_base(const char *from, const char *to, struct err *e);
/* Counts the machines that use the base disk: other hard links, and references whose machine still has its link. */
int disk_base_users(const char *base_disk, uint64_t *users, struct err *e);

/* Creates the overlay `path` of `size` bytes over `over`, DISK_BASE_NAME or DISK_LAYER_NAME, in the same folder. An
 * existing disk is never replaced ("disk-exists"). */
int disk_create(const char *path, const char *over, uint64_t size, struct err *e);

/* Checks that `path` is a complete disk as disk_create or disk_flatten creates it, and has its layer and base. Ids:
 * "disk-missing", "disk-broken" (empty, cut, corrupt), "disk-foreign", "disk-base" (its base is missing, or larger
 * than the disk). */
int disk_check(const char *path, struct disk_info *out, struct err *e);

/* Checks a further drive, of any origin, before QEMU opens it: a regular file (raw: or a block device); of a qcow2
 * image only this file would be opened. Ids: "drive-missing", "drive-bad", "drive-backing" (it names a backing
 * file), "disk-foreign" (its data are in another file, or it is not qcow2), "disk-broken". */
int disk_check_drive(const char *path, const char *format, struct err *e);

/* Copies an image of any origin, qcow2 by its first bytes, else raw, to the new raw file `to`, which is removed on an
 * error. It must not be larger than `most` bytes. Blocks as disk_flatten does. Ids: those of disk_check_drive,
 * "image-large". */
int disk_copy_image(const char *path, const char *to, uint64_t most, const atomic_bool *cancel,
		    void (*progress)(double percent, void *arg), void *arg, struct err *e);

/* Makes the base's disk `to` of the raw image `path` itself, by a hard link, without a copy: its content and mode stay,
 * and so does the file when `to` is removed. Records its size and time beside `to`. Ids: those of disk_check_drive,
 * "image-large", "image-format" (not a raw file), "image-link" (another file system, or not permitted). */
int disk_link_image(const char *path, const char *to, uint64_t most, struct err *e);
/* Returns whether the base's disk is such a file, which must not be written to nor get another mode. */
bool disk_is_original(const char *base_disk);
/* Checks that the base to which a machine's link leads is, if it is such a file, as it was ("image-changed");
 * disk_check does so, too. A missing link is not an error. */
int disk_check_original(const char *link, struct err *e);

/* Creates a raw disk of that size, which holds nothing and takes no space yet. */
int disk_create_empty(const char *path, uint64_t size, struct err *e);

/* What a disk of any origin has, as far as it can be recognized. */
struct disk_image {
	bool efi;	 /* an EFI system partition: it starts by UEFI */
	char *root;	 /* UUID of its root file system, NULL: none of the kind ext4 was found */
	char *elf;	 /* kind of the programs there, as the catalogue has it; NULL: not known */
	bool cloud_init; /* has cloud-init */
};
/* Examines it; `format` as vdisk_open has it. What cannot be recognized is left out. Ids: "disk-…". Blocks. */
int disk_image_examine(const char *path, const char *format, struct disk_image *out, struct err *e);
void disk_image_fini(struct disk_image *i);

/* Grows the disk; the same size changes nothing, a smaller one is refused ("disk-shrink"), and so is a disk with
 * snapshots ("disk-snapshots"). The guest grows partition and file system at its next boot. */
int disk_grow(const char *path, uint64_t size, struct err *e);

/* Result of `qemu-img check` for a disk whose last run was killed. Nothing is ever repaired here. */
enum disk_health {
	DISK_WELL,
	DISK_LEAKS,   /* wasted space, no harm */
	DISK_CORRUPT, /* must not be run */
};
/* Runs `qemu-img check`. `count`: leaked clusters, or errors. A failed check is an error ("disk-check"); a format
 * without checks is DISK_WELL. Blocks. */
int disk_examine(const char *path, enum disk_health *out, uint64_t *count, struct err *e);

/* Fills e for a corrupt disk, with what to do. Returns -1. */
int disk_corrupt_err(const char *disk, uint64_t count, struct err *e);

/* Changes by qemu-img inside a disk (snapshots, size) are marked by PATH.changing until they are complete. pending:
 * returns what a killed command was doing ("create one"; the caller frees it), or NULL. begin, end: for a change of
 * more than the disk. await_others: waits for a qemu-img that a killed command left running; "disk-busy" if it does
 * not exit in time. check_change: examines a marked disk and removes the mark; "disk-corrupt". All block. */
char *disk_change_pending(const char *disk);
int disk_change_begin(const char *disk, const char *what, struct err *e);
int disk_change_end(const char *disk, struct err *e);
int disk_await_others(const char *disk, struct err *e);
int disk_check_change(const char *disk, struct err *e);

/* A snapshot inside the disk. */
struct disk_snapshot {
	char *tag;
	int64_t date;	 /* seconds since the epoch */
	uint64_t memory; /* bytes of a guest's memory in it, 0: of the disk alone */
};

/* Snapshots of a disk that is not in use. list: oldest first, freed by disk_snapshots_fini. create: of the disk
 * without memory; "snapshot-exists". revert: loses later writes; the mark of the change ("revert TAG") stays until
 * disk_change_end, for files that belong to it. revert, delete: "snapshot-missing". */
int disk_snapshots(const char *path, struct disk_snapshot **out, size_t *count, struct err *e);
void disk_snapshots_fini(struct disk_snapshot *s, size_t count);
/* Returns 1 if there is one of that name, 0 if not, -1 with e filled. */
int disk_snapshot_find(const char *path, const char *tag, struct err *e);
int disk_snapshot_create(const char *path, const char *tag, struct err *e);
int disk_snapshot_revert(const char *path, const char *tag, struct err *e);
int disk_snapshot_delete(const char *path, const char *tag, struct err *e);

/* Rewrites the disk so that it needs no base. Refused with snapshots. Calls `progress` (0 to 100; may be NULL) on
 * the calling thread. The caller then removes the base's link. Blocks for seconds to minutes. */
int disk_flatten(const char *path, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		 struct err *e);

/* Writes what the disk holds now, without its snapshots, to the file `to`, which needs no base; a file of that name is
 * replaced. On an error there is none. measure: gets the bytes that it takes. Both block as disk_flatten does. */
int disk_copy_whole(const char *path, const char *to, const atomic_bool *cancel,
		    void (*progress)(double percent, void *arg), void *arg, struct err *e);
int disk_measure_whole(const char *path, uint64_t *bytes, struct err *e);

#endif
