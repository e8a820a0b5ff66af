/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the image writer share: image.c makes the file system and what is not a regular file
 * in it, image_file.c regular files, image_tree.c keeps every name in memory, image_dir.c writes the folders at the
 * end.
 */
#ifndef IMAGE_IMAGE_PRIVATE_H
#define IMAGE_IMAGE_PRIVATE_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define IMAGE_BLOCK_SIZE 4096u
#define IMAGE_INODE_SIZE 256u

#define IMAGE_LOST_FOUND_BLOCKS 4u

/* A name in the file system. All names stay in memory: only this writer changes the image, so finding a name never
 * reads it, and folders are written when all their names are known. */
struct node {
	struct node *next;		    /* in its hash chain */
	struct node *parent;		    /* of the root: itself */
	struct node *sibling;		    /* the next name in its folder */
	struct node *children, *last_child; /* of a folder, in order of creation */
	ext2_ino_t ino;
	unsigned rank;
	uint8_t type;	 /* EXT2_FT_… as in a directory entry */
	bool is_implied; /* a folder that no package has claimed yet */
	char *target;	 /* of a symbolic link */
	uint32_t hash;
	char name[];
};

struct image {
	ext2_filsys fs;
	int fd;
	uint64_t offset;
	int64_t epoch;
	struct node *root, *lost_found;
	struct image_names *names; /* finds a node; of image_tree.c */
	blk64_t goal;		   /* where the search for space for the next file starts */
	struct image_file *open;
};

struct image_extent {
	blk64_t start;
	uint64_t len; /* blocks */
};

struct image_extents {
	struct image_extent *items; /* owned by the owner of the list */
	size_t count;
};

/* A full inode as it lies on disk. */
union inode {
	struct ext2_inode small;
	struct ext2_inode_large large;
	unsigned char bytes[IMAGE_INODE_SIZE];
};

/* image.c */

/* Fills e from libext2fs's code; `path` or NULL. Returns -1. */
int image_fail(errcode_t rc, const char *what, const char *path, struct err *e);

/* image_tree.c */

struct image_names *image_names_new(void);
/* Frees them with their nodes. */
void image_names_free(struct image_names *t);
struct node *node_find(struct image *im, const struct node *parent, const char *name, size_t n);
/* Adds a name of n bytes, which need not end with a NUL. */
struct node *node_add(struct image *im, struct node *parent, const char *name, size_t n, int type, ext2_ino_t ino,
		      unsigned rank);
/* Finds the folder of a path, following links; *out is NULL if there is none and `make` is false, otherwise missing
 * folders are created. */
int image_walk(struct image *im, struct node *from, const char *path, size_t n, bool make, struct node **out,
	       struct err *e);
/* Finds the folder of a path's last part (created if missing), and that part. */
int image_split(struct image *im, const char *path, struct node **parent, const char **leaf, struct err *e);

/* image.c */

/* Creates a folder and its node. Its names are written by image_write_dirs. */
int image_make_dir(struct image *im, struct node *parent, const char *name, size_t n, const struct image_attr *attr,
		   struct node **out, struct err *e);
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

/* image_file.c */

/* Allocates blocks, in as few pieces as possible; appends them to the list. */
errcode_t image_allocate(struct image *im, uint64_t blocks, struct image_extents *out);
/* Sets the size of an inode and an empty extent tree. */
void image_fill_extents(const struct image *im, union inode *in, uint64_t size);
/* Enters the extents into the tree of an inode that was written. */
errcode_t image_insert_extents(struct image *im, ext2_ino_t ino, const struct image_extents *list);
/* Forgets the inode, whose blocks are free now: later writes to it are discarded. */
void image_file_forget(struct image *im, ext2_ino_t ino);

/* image_dir.c */

/* Writes every folder of the tree. */
int image_write_dirs(struct image *im, struct err *e);

/* Returns libext2fs's access to im->fd from im->offset on, for the ext2fs_initialize that follows in this thread. */
io_manager image_io_begin(struct image *im);

#endif
