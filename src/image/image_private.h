/* SPDX-License-Identifier: MIT */
/*
 * An image that is written: image.c owns it, image_file.c adds regular files to it.
 */
#ifndef IMAGE_IMAGE_PRIVATE_H
#define IMAGE_IMAGE_PRIVATE_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "image_ext2.h"
#include "image_names.h"

struct image {
	ext2_filsys fs;
	int fd;
	uint64_t offset;
	int64_t epoch;
	struct node *root, *lost_found;
	struct image_names *names;
	blk64_t goal;		 /* where the search for space for the next file starts */
	struct image_file *open; /* of image_file.c */
};

/* Finds the folder of a path's last part (created if missing), and that part. */
int image_split(struct image *im, const char *path, struct node **parent, const char **leaf, struct err *e);

/* Sets owner, mode and times of an inode. `type` is LINUX_S_IF…. */
void image_fill_inode(const struct image *im, union inode *in, unsigned type, const struct image_attr *attr);
/* Prepares a name that is not a folder. *taken is true if the existing one stays; else *out is its node, or NULL for
 * a new name. */
int image_claim(struct image *im, struct node *parent, const char *leaf, const char *path, unsigned rank, bool *taken,
		struct node **out, struct err *e);
/* Enters the inode under the name; `old` is what image_claim gave. */
int image_enter(struct image *im, struct node *parent, const char *leaf, struct node *old, int type, ext2_ino_t ino,
		unsigned rank, struct err *e);
int image_new_inode(struct image *im, const struct node *parent, unsigned mode, ext2_ino_t *out, struct err *e);

/* Forgets the inode, whose blocks are free now: later writes to it are discarded. */
void image_file_forget(struct image *im, ext2_ino_t ino);

#endif
