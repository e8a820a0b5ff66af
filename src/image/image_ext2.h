/* SPDX-License-Identifier: MIT */
/*
 * image_ext2: what the writers of files and of folders do with libext2fs alike: space, extents, errors.
 */
#ifndef IMAGE_IMAGE_EXT2_H
#define IMAGE_IMAGE_EXT2_H

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IMAGE_BLOCK_SIZE 4096u
#define IMAGE_INODE_SIZE 256u

struct image_extent {
	blk64_t start;
	uint64_t len; /* blocks */
};

struct image_extents {
	struct image_extent *items; /* owned by the owner of the list */
	size_t count;
};

/* A full inode as stored on disk. */
union inode {
	struct ext2_inode small;
	struct ext2_inode_large large;
	unsigned char bytes[IMAGE_INODE_SIZE];
};

/* Fills e from libext2fs's code; `path` or NULL. Returns -1. */
int image_fail(errcode_t rc, const char *what, const char *path, struct err *e);
/* Allocates blocks, in as few pieces as possible, from *goal on, which it advances; appends them to the list. */
errcode_t image_allocate(ext2_filsys fs, blk64_t *goal, uint64_t blocks, struct image_extents *out);
/* Sets the size of an inode and an empty extent tree. */
void image_fill_extents(ext2_filsys fs, union inode *in, uint64_t size);
/* Enters the extents into the tree of an inode that was written. */
errcode_t image_insert_extents(ext2_filsys fs, ext2_ino_t ino, const struct image_extents *list);

#endif
