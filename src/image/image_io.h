/* SPDX-License-Identifier: MIT */
/*
 * image_io: libext2fs's access to a region of an open file.
 */
#ifndef IMAGE_IMAGE_IO_H
#define IMAGE_IMAGE_IO_H

#include <ext2fs/ext2fs.h>
#include <stdint.h>

/* Returns the access to the file from `offset` on, for the ext2fs_initialize that follows in this thread. The file is
 * borrowed until the file system is closed. */
io_manager image_io_begin(int fd, uint64_t offset);

#endif
