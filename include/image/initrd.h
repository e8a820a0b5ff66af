/* SPDX-License-Identifier: MIT */
/*
 * initrd: debwiz's own initial RAM disk: the image's static busybox, the script guest/init, and
 * the modules that its kernel needs to see the disk, in load order. The same input gives the same
 * bytes.
 *
 * It is a newc cpio archive (Linux: Documentation/driver-api/early-userspace/buffer-format.rst).
 * The kernel takes several of them one behind the other: initrd_add appends one with more files
 * for the configuring boot.
 */
#ifndef IMAGE_INITRD_H
#define IMAGE_INITRD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "image/extfs.h"

/* Builds it for the kernel `version` from the image: busybox (package busybox-static) and /usr/lib/modules/VERSION.
 * `modules` are names as modprobe accepts them; their dependencies are included before them; built-in and unknown
 * ones are omitted (unknown names are appended to `unknown` unless it is NULL). Packed modules are unpacked.
 * Initializes `out`, which the caller frees on success. Also works on a file system that is being written
 * (extfs_wrap). Blocks for a tenth of a second. */
int initrd_build(struct extfs *fs, const char *version, const struct strv *modules, struct strv *unknown,
		 struct buf *out, struct err *e);

struct initrd_file {
	const char *path; /* "debwiz/configure.sh"; missing folders are created */
	unsigned mode;	  /* permissions */
	const void *data;
	size_t len;
};

/* Appends an archive with these files, owned by root. */
int initrd_add(struct buf *initrd, const struct initrd_file *files, size_t count, struct err *e);

#endif
