/* SPDX-License-Identifier: MIT */
/*
 * image_names: every name in an image that is being written, in memory.
 */
#ifndef IMAGE_IMAGE_NAMES_H
#define IMAGE_IMAGE_NAMES_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image_names;

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

struct image_names *image_names_new(void);
/* Frees them with their nodes. */
void image_names_free(struct image_names *t);
/* Returns the name of n bytes in that folder; NULL: there is none. */
struct node *node_find(const struct image_names *t, const struct node *parent, const char *name, size_t n);
/* Adds a name of n bytes, which need not end with a NUL; `parent` is NULL for the root. */
struct node *node_add(struct image_names *t, struct node *parent, const char *name, size_t n, int type, ext2_ino_t ino,
		      unsigned rank);

#endif
