/* SPDX-License-Identifier: MIT */
/*
 * image_ext2: space, extents and errors of a file system that libext2fs writes.
 */
#include "image_ext2.h"

#include "base/mem.h"

/* Limit of blocks in one initialized extent */
#define EXTENT_BLOCKS EXT_INIT_MAX_LEN

int image_fail(errcode_t rc, const char *what, const char *path, struct err *e)
{
	const char *sep = path ? " /" : "";

	if (!path)
		path = "";
	if (rc == EXT2_ET_BLOCK_ALLOC_FAIL || rc == EXT2_ET_INODE_ALLOC_FAIL)
		return err_set(e, ERR_FAILED, "image-full", "%s%s%s: the image is full", what, sep, path);
	if (rc > 0 && rc < 256)
		return err_errno(e, (int)rc, "image-write", "%s%s%s", what, sep, path);
	return err_set(e, ERR_FAILED, "image-write", "%s%s%s: %s", what, sep, path, error_message(rc));
}

errcode_t image_allocate(ext2_filsys fs, blk64_t *goal, uint64_t blocks, struct image_extents *out)
{
	while (blocks > 0) {
		blk64_t start, len;
		uint64_t want = blocks < EXTENT_BLOCKS ? blocks : EXTENT_BLOCKS;
		errcode_t rc = ext2fs_new_range(fs, 0, *goal, want, NULL, &start, &len);

		if (rc)
			return rc;
		if (len > want)
			len = want;
		ext2fs_block_alloc_stats_range(fs, start, len, +1);
		out->items = xreallocarray(out->items, out->count + 1, sizeof *out->items);
		out->items[out->count++] = (struct image_extent){start, len};
		*goal = start + len;
		if (*goal >= ext2fs_blocks_count(fs->super))
			*goal = fs->super->s_first_data_block;
		blocks -= len;
	}
	return 0;
}

errcode_t image_insert_extents(ext2_filsys fs, ext2_ino_t ino, const struct image_extents *list)
{
	ext2_extent_handle_t h;
	blk64_t at = 0;
	errcode_t rc = ext2fs_extent_open(fs, ino, &h);

	for (size_t i = 0; !rc && i < list->count; i++) {
		struct ext2fs_extent x = {
			.e_pblk = list->items[i].start,
			.e_lblk = at,
			.e_len = (uint32_t)list->items[i].len,
		};

		rc = ext2fs_extent_insert(h, i ? EXT2_EXTENT_INSERT_AFTER : 0, &x);
		at += list->items[i].len;
	}
	ext2fs_extent_free(h);
	return rc;
}

void image_fill_extents(ext2_filsys fs, union inode *in, uint64_t size)
{
	struct ext3_extent_header *head = (void *)in->small.i_block;

	/* libext2fs writes the header of an empty tree only when something is inserted */
	head->eh_magic = ext2fs_cpu_to_le16(EXT3_EXT_MAGIC);
	head->eh_max = ext2fs_cpu_to_le16((sizeof in->small.i_block - sizeof *head) / sizeof(struct ext3_extent));
	in->small.i_flags = EXT4_EXTENTS_FL;
	ext2fs_inode_size_set(fs, &in->small, (ext2_off64_t)size);
	ext2fs_iblk_set(fs, &in->small, (size + IMAGE_BLOCK_SIZE - 1) / IMAGE_BLOCK_SIZE);
}
