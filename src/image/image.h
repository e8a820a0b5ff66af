/* SPDX-License-Identifier: MIT */
/*
 * image: an ext4 file system written into a region of a raw file, without root and without a mount
 * (libext2fs). It starts empty, everything in it is put there by these calls, and it is complete
 * once image_close returned 0.
 *
 * Paths are bytes, "usr/bin/ls", without a leading "/" and without "." and ".." parts ("" is the
 * root folder). Whatever a path or a link in the image says, nothing outside the image is touched:
 * symbolic links are followed inside it, with its root as "/". Parent folders follow symbolic
 * links and are made where they are missing (root:root 0755).
 *
 * Two packages may claim one name. As with dpkg: an existing folder stays (its
 * attributes are those of the lowest rank that claimed it), a folder that meets a symbolic link to
 * a folder and a symbolic link that meets a folder change nothing, and of two that are not folders
 * the higher rank stays (equal ranks: the later). The outcome for folders and files so depends on
 * ranks and not on the order of the calls. A file that meets a folder, or the other way round, is
 * an error (ERR_VERIFY, "image-clash"), as is a name that cannot be ("image-path"): the names come
 * from packages. A time beyond those of ext4 (1901 to 2446) becomes the nearest.
 *
 * The same calls in the same order give the same bytes. One thread at a time; calls block on the
 * file.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct image;
struct image_file;

struct image_spec {
	uint64_t offset;   /* of the region in the file, bytes, a multiple of 4096 */
	uint64_t length;   /* bytes; an incomplete 4 KiB block at the end is not used */
	uint8_t uuid[16];  /* of the file system; also seeds its directory hash */
	const char *label; /* at most 16 bytes */
	int64_t epoch;	   /* > 0: the time of everything without a time of its own */
};

struct image_attr {
	unsigned mode; /* permission bits with set-id and sticky */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;
	unsigned rank;
};

enum image_node_type {
	IMAGE_CHAR,
	IMAGE_BLOCK,
	IMAGE_FIFO,
};

/* Life cycle */

/* Creates the empty file system. The region of fd, which is open for reading and writing, must contain zeros (a new
 * sparse file); fd is borrowed until close. Returns NULL with e filled on error. */
struct image *image_create(int fd, const struct image_spec *spec, struct err *e);
/* Writes everything that is pending and frees. Does not sync. After -1 the image is unusable. */
int image_close(struct image *im, struct err *e);
/* Frees without finishing; the image is unusable. NULL is fine. */
void image_abandon(struct image *im);

/* Content */

int image_mkdir(struct image *im, const char *path, const struct image_attr *attr, struct err *e);
int image_symlink(struct image *im, const char *path, const char *target, const struct image_attr *attr, struct err *e);
/* Adds another name of the file at `target` (a path; not a folder). */
int image_link(struct image *im, const char *path, const char *target, unsigned rank, struct err *e);
int image_node(struct image *im, const char *path, enum image_node_type type, unsigned major, unsigned minor,
	       const struct image_attr *attr, struct err *e);
/* Adds a whole file. */
int image_put(struct image *im, const char *path, const void *data, size_t n, const struct image_attr *attr,
	      struct err *e);

/* Adds a file of known size in pieces. Several may be open. Returns NULL on error. */
struct image_file *image_file_begin(struct image *im, const char *path, uint64_t size, const struct image_attr *attr,
				    struct err *e);
/* Writes the next n bytes; at most `size` in all. */
int image_file_write(struct image_file *f, const void *data, size_t n, struct err *e);
/* Frees f in any case. Returns -1 if bytes are missing. */
int image_file_end(struct image_file *f, struct err *e);

/* Returns whether a name exists (links in its folders are followed, but not one in its last part). */
bool image_has(struct image *im, const char *path);

#endif
