/* SPDX-License-Identifier: MIT */
/*
 * kernel: the kernel that a machine's disk would boot now, and its own initrd, taken out of the
 * image for direct boot.
 *
 * Which kernel: the one that the link /vmlinuz leads to, which Debian's linux-base keeps for boot
 * loaders; without such a link the newest in /boot by Debian's order of versions.
 */
#ifndef IMAGE_KERNEL_H
#define IMAGE_KERNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/extfs.h"

/* A file of the image and what tells it from a later one. */
struct kernel_file {
	char *path; /* links resolved; NULL: there is none */
	uint32_t ino;
	uint64_t size;
	int64_t mtime;
};

struct kernel {
	char *version; /* "6.1.0-50-armmp-lpae": also the folder of its modules */
	struct kernel_file image;
	struct kernel_file initrd; /* the guest's own */
};

/* Looks; opens nothing but folders and inodes, so it is cheap. Without any kernel: error id
 * "kernel-missing". It does not ask whether the file system is clean (extfs_is_unclean). */
int kernel_find(struct extfs *fs, struct kernel *out, struct err *e);
void kernel_fini(struct kernel *k);
/* A short text that changes when the kernel (and with `with_initrd` the guest's initrd) does; for
 * stamps. Owned by the caller. */
char *kernel_identity(const struct kernel *k, bool with_initrd);

/* Write the kernel or the guest's initrd to `path` atomically, mode 0600. A kernel that is packed
 * in a way that QEMU 7.2 does not load (gzip, EFI zboot) is written unpacked. They block for some
 * tenths of a second. */
int kernel_extract(struct extfs *fs, const struct kernel *k, const char *path, struct err *e);
int kernel_extract_initrd(struct extfs *fs, const struct kernel *k, const char *path, struct err *e);

/* The order of Debian versions without epoch and revision (deb-version(7)): < 0, 0 or > 0. */
int kernel_version_compare(const char *a, const char *b);

#endif
