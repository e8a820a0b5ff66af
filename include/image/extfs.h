/* SPDX-License-Identifier: MIT */
/*
 * extfs: reads files of the root file system in a machine's disk, without root and without a mount
 * (libext2fs). Nothing is ever written. The disk must not be in use: hold the machine's lock.
 *
 * Paths are absolute within the image; symbolic links are followed inside it, with its root as
 * "/", and never lead to a path of the host. One thread at a time; calls block on the disk.
 */
#ifndef IMAGE_EXTFS_H
#define IMAGE_EXTFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#define EXTFS_ROOT_PARTITION "debwiz-root"

struct extfs;
struct struct_ext2_filsys; /* libext2fs's */

struct extfs_stat {
	uint32_t ino;
	unsigned mode; /* type and permissions, as in stat(2) on Linux */
	uint32_t uid;
	uint32_t gid;
	uint64_t size;
	int64_t mtime;
};

/* Life cycle */

/* Opens the file system in the GPT partition `partition` of the disk at `path`. `format` is "raw"
 * or "qcow2" (whose backing file, if any, must be raw and lie in the same folder): it is never
 * guessed. NULL on error: "disk-…", "gpt-…", "fs-broken". */
struct extfs *extfs_open(const char *path, const char *format, const char *partition, struct err *e);
/* Opens the root file system of a disk of any origin: the first partition with an ext4 file system that has
 * EXTFS_SHELL. Id "image-no-root": there is none; others as extfs_open. */
#define EXTFS_SHELL "/bin/sh"
struct extfs *extfs_open_root(const char *path, const char *format, struct err *e);
/* Wraps a file system that the caller has open, also for writing; borrowed until close. */
struct extfs *extfs_wrap(struct struct_ext2_filsys *fs);
void extfs_close(struct extfs *fs); /* NULL is fine */

/* Returns the file system's UUID as a kernel's root=UUID= has it; owned. */
char *extfs_uuid(const struct extfs *fs);
/* Returns whether the guest was not shut down cleanly: its last changes may only be in the journal. What is read
 * then may be old or incomplete. */
bool extfs_is_unclean(const struct extfs *fs);

/* Operations. A missing path: error id "fs-missing". */

/* Returns the path with every link in it resolved (the caller frees it), e.g. "/boot/vmlinuz-6.1.0-50-armmp-lpae". */
int extfs_resolve(struct extfs *fs, const char *path, char **real, struct extfs_stat *st, struct err *e);
/* Returns whether the path exists. */
bool extfs_has(struct extfs *fs, const char *path);
/* Appends the names in a folder without "." and "..", sorted. */
int extfs_list(struct extfs *fs, const char *path, struct strv *names, struct err *e);
/* Reads a whole regular file; more than `cap` bytes are an error. Initializes `out`, which the caller frees on
 * success. */
int extfs_read(struct extfs *fs, const char *path, size_t cap, struct buf *out, struct err *e);

#endif
