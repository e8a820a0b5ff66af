/* SPDX-License-Identifier: MIT */
/*
 * root: builds the raw disk image of a root from packages, in one pass and without a tree in
 * between: GPT, an empty ESP, an ext4 root with every package unpacked as dpkg would have unpacked
 * it (conffiles as PATH.dpkg-new), dpkg's database saying "unpacked", and files of ours.
 *
 * Each package is hashed through the descriptor it is unpacked from; a SHA-256, size, name, version
 * or architecture other than the request's fails the build (so does any damage). Packages are
 * decompressed by several loop_work items in parallel and written by one. The image depends on the
 * request alone: not on the number of CPUs, nor on timing. Where two packages ship one file the one
 * that is later in the request's list stays; a folder that several ship has the attributes of the
 * first of them.
 *
 * The whole build takes less than 128 MiB of memory with packages made by xz -6 or below.
 */
#ifndef IMAGE_ROOT_H
#define IMAGE_ROOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/loop.h"
#include "image/gpt.h"

#define ROOT_ESP_SIZE (64ull << 20)
#define ROOT_START (1ull << 20) /* of the ESP, bytes */

/* A package. `path` is its file in the cache, opened when it is unpacked. */
struct root_deb {
	const char *name;
	const char *version;
	const char *arch;
	const char *path;
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
};

/* A file or symbolic link of ours, root:root. It replaces what a package ships there. */
struct root_file {
	const char *path; /* "/etc/hostname" */
	unsigned mode;
	const void *data;
	size_t len;
	const char *link; /* not NULL: a symbolic link to this; mode, data, len do not count */
};

struct root_request {
	const char *output; /* created again with mode 0600; removed if the build fails */
	const char *label;  /* of the file system, and its partition's name; NULL: EXTFS_ROOT_PARTITION */
	uint64_t size;	    /* of the disk, bytes: a multiple of 1 MiB */
	int64_t epoch;	    /* > 0: the time of everything without a time of its own, including the file system */
	uint8_t fs_uuid[16];
	struct gpt_guid disk_id, esp_id, root_id;
	const struct root_deb *debs; /* unpacked; the order decides between two owners of a file */
	size_t deb_count;
	const struct root_deb *extras; /* copied to /var/cache/debwiz/NAME.deb, verified the same way */
	size_t extra_count;
	/* Created before any package: merged-/usr links, as {"/bin", .link = "usr/bin"}, and a folder for each
	 * target. A package may ship the same link. */
	const struct root_file *links;
	size_t link_count;
	const struct root_file *files; /* written after the packages */
	size_t file_count;
	/* Name of an asset that lists more files: lines of `MODE PATH` or `MODE PATH -> TARGET`, #
	 * comments; content from the asset FOLDER/root/PATH, FOLDER being the list's own. NULL:
	 * none. */
	const char *file_list;
	unsigned workers; /* concurrent decompressions; 0: by the number of CPUs */
};

struct root_build;

/* Reports, on the loop's thread, about ten times a second: bytes of packages read, of all of them, and the name of
 * the package that is being written (NULL before the first). */
typedef void (*root_progress_fn)(uint64_t done, uint64_t total, const char *package, void *arg);
/* Reports the end, on the loop's thread, once. `error` is NULL on success, else borrowed; after a cancel its kind is
 * ERR_INTERRUPTED. The build is freed afterwards. */
typedef void (*root_done_fn)(const struct err *error, void *arg);

/* Starts a build. Everything that the request points to is borrowed until `done`. Returns NULL with e filled (and
 * without `done`) if it cannot start. `progress` may be NULL. The image is not synced: the caller does that when it
 * renames it. */
struct root_build *root_build_start(struct loop *l, const struct root_request *request, root_progress_fn progress,
				    root_done_fn done, void *arg, struct err *e);
/* Ends the build within a second; `done` is still called. */
void root_build_cancel(struct root_build *b);

#endif
