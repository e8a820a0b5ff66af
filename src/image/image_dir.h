/* SPDX-License-Identifier: MIT */
/*
 * image_dir: writes the folders of an image from the names in memory, the larger ones with the kernel's hash index.
 */
#ifndef IMAGE_IMAGE_DIR_H
#define IMAGE_IMAGE_DIR_H

#include "image_ext2.h"
#include "image_names.h"

/* Writes every folder of the tree; `lost_found` gets space for further names. *goal as for image_allocate. */
int image_write_dirs(ext2_filsys fs, blk64_t *goal, const struct node *root, const struct node *lost_found,
		     struct err *e);

#endif
