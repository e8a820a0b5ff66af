/* SPDX-License-Identifier: MIT */
/*
 * kernel: the kernel that a machine's disk would boot now, and its own initrd, extracted from the image for direct
 * boot.
 *
 * The kernel is the target of the link /vmlinuz, which Debian's linux-base maintains for boot loaders; without such
 * a link it is the newest in /boot, or beside its modules in /usr/lib/modules, by Debian's order of versions.
 */
#ifndef IMAGE_KERNEL_H
#define IMAGE_KERNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/extfs.h"

/* A file of the image and what distinguishes it from a later one. */
struct kernel_file {
	char *path; /* links resolved; NULL: none */
	uint32_t ino;
	uint64_t size;
	int64_t mtime;
};

struct kernel {
	char *version; /* "6.1.0-50-armmp-lpae": also the folder of its modules */
	struct kernel_file image;
	struct kernel_file initrd; /* the guest's own */
};

/* Finds both by reading only folders and inodes, so it is cheap. Without any kernel: error id "kernel-missing". Does
 * not check whether the file system is clean (extfs_is_unclean). */
int kernel_find(struct extfs *fs, struct kernel *out, struct err *e);
void kernel_fini(struct kernel *k);
/* Returns a short text that changes when the kernel (and with `with_initrd` the guest's initrd) changes; for stamps.
 * The caller frees it. */
char *kernel_identity(const struct kernel *k, bool with_initrd);

/* Write the kernel or the guest's initrd to `path` atomically, mode 0600. A kernel packed in a way that QEMU 7.2
 * does not load (gzip, EFI zboot) is written unpacked. Both block for some tenths of a second. */
int kernel_extract(struct extfs *fs, const struct kernel *k, const char *path, struct err *e);
int kernel_extract_initrd(struct extfs *fs, const struct kernel *k, const char *path, struct err *e);

/* Compares Debian versions without epoch and revision (deb-version(7)). Returns < 0, 0 or > 0. */
int kernel_version_compare(const char *a, const char *b);

#endif
