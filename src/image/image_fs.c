/* SPDX-License-Identifier: MIT */
/*
 * image_fs: makes and ends the ext4 file system of an image. In: a region of zeros in a file. Out:
 * an empty file system with root folder, lost+found, resize inode and journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "image_private.h"

#define BYTES_PER_INODE 16384u
#define JOURNAL_BLOCKS 16384u
#define RESERVED_PERCENT 1u
#define FLEX_LOG 4u
#define LOST_FOUND "lost+found"
#define CHAINS_START 16384u

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

static void image_fs_fill_params(struct ext2_super_block *p, uint64_t blocks)
{
	memset(p, 0, sizeof *p);
	p->s_rev_level = EXT2_DYNAMIC_REV;
	p->s_log_block_size = 2;
	p->s_log_cluster_size = 2;
	p->s_inode_size = IMAGE_INODE_SIZE;
	p->s_log_groups_per_flex = FLEX_LOG;
	p->s_inodes_count = (uint32_t)(blocks * IMAGE_BLOCK_SIZE / BYTES_PER_INODE);
	ext2fs_blocks_count_set(p, blocks);
	ext2fs_r_blocks_count_set(p, blocks * RESERVED_PERCENT / 100);
	ext2fs_set_feature_journal(p);
	ext2fs_set_feature_xattr(p);
	ext2fs_set_feature_dir_index(p);
	ext2fs_set_feature_filetype(p);
	ext2fs_set_feature_extents(p);
	ext2fs_set_feature_64bit(p);
	ext2fs_set_feature_flex_bg(p);
	ext2fs_set_feature_sparse_super(p);
	ext2fs_set_feature_large_file(p);
	ext2fs_set_feature_huge_file(p);
	ext2fs_set_feature_dir_nlink(p);
	ext2fs_set_feature_extra_isize(p);
	ext2fs_set_feature_metadata_csum(p);
	ext2fs_set_feature_resize_inode(p);
}

/* What ext2fs_initialize leaves to its caller, or takes from the clock or the host. */
static void image_fs_finish_super(ext2_filsys fs, const struct image_spec *spec)
{
	struct ext2_super_block *s = fs->super;

	fs->now = (time_t)spec->epoch;
	s->s_mkfs_time = (uint32_t)spec->epoch;
	s->s_lastcheck = (uint32_t)spec->epoch;
	s->s_creator_os = EXT2_OS_LINUX;
	memcpy(s->s_uuid, spec->uuid, sizeof s->s_uuid);
	memcpy(s->s_hash_seed, spec->uuid, sizeof s->s_hash_seed);
	memcpy(s->s_volume_name, spec->label, strlen(spec->label));
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	s->s_flags |= EXT2_FLAGS_SIGNED_HASH;
	s->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	s->s_max_mnt_count = -1;
	s->s_checksum_type = EXT2_CRC32C_CHKSUM;
	s->s_min_extra_isize = sizeof(struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
	s->s_want_extra_isize = s->s_min_extra_isize;
	ext2fs_init_csum_seed(fs);
}

/* The inodes below the first one for use; the one of bad blocks must be there, with none in it. */
static errcode_t image_fs_reserve_inodes(ext2_filsys fs)
{
	ext2_badblocks_list none;
	errcode_t rc;

	for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
		ext2fs_inode_alloc_stats2(fs, i, +1, 0);
	ext2fs_mark_ib_dirty(fs);
	rc = ext2fs_badblocks_list_create(&none, 0);
	if (rc)
		return rc;
	ext2fs_mark_inode_bitmap2(fs->inode_map, EXT2_BAD_INO);
	ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
	rc = ext2fs_update_bb_inode(fs, none);
	ext2fs_badblocks_list_free(none);
	return rc;
}

static errcode_t image_fs_populate(ext2_filsys fs)
{
	errcode_t rc = ext2fs_allocate_tables(fs);

	if (rc)
		return rc;
	/* The file is new, so that the tables are zero already: no kernel needs to do it later. */
	for (dgrp_t g = 0; g < fs->group_desc_count; g++) {
		ext2fs_bg_flags_set(fs, g, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, g);
	}
	rc = image_fs_reserve_inodes(fs);
	if (!rc)
		rc = ext2fs_create_resize_inode(fs);
	if (!rc)
		rc = ext2fs_add_journal_inode(fs, JOURNAL_BLOCKS, EXT2_MKJOURNAL_LAZYINIT);
	return rc;
}

static errcode_t image_fs_make_fs(struct image *im, const struct image_spec *spec)
{
	struct ext2_super_block params;
	char text[32];
	errcode_t rc;
	int fd = fcntl(im->fd, F_DUPFD_CLOEXEC, 0); /* the channel closes what it was given */

	if (fd < 0)
		return errno;
	image_fs_fill_params(&params, spec->length / IMAGE_BLOCK_SIZE);
	snprintf(text, sizeof text, "%d", fd);
	rc = ext2fs_initialize(text, EXT2_FLAG_64BITS, &params, unixfd_io_manager, &im->fs);
	if (rc) {
		close(fd);
		return rc;
	}
	snprintf(text, sizeof text, "offset=%llu", (unsigned long long)spec->offset);
	rc = io_channel_set_options(im->fs->io, text);
	if (rc)
		return rc;
	image_fs_finish_super(im->fs, spec);
	return image_fs_populate(im->fs);
}

/* The folders that every file system has. A package may ship lost+found, too, and changes nothing. */
static int image_fs_make_first_dirs(struct image *im, struct err *e)
{
	struct image_attr attr = {.mode = 0755, .mtime = im->epoch};
	errcode_t rc = image_init_dir(im, EXT2_ROOT_INO, &attr);

	if (rc)
		return image_fail(rc, "the root folder of the image cannot be made", NULL, e);
	im->root = node_add(im, NULL, "", 0, EXT2_FT_DIR, EXT2_ROOT_INO, UINT32_MAX);
	im->root->parent = im->root;
	im->root->is_implied = true;
	attr.mode = 0700;
	return image_make_dir(im, im->root, LOST_FOUND, strlen(LOST_FOUND), &attr, &im->lost_found, e);
}

struct image *image_create(int fd, const struct image_spec *spec, struct err *e)
{
	struct image *im = xcalloc(1, sizeof *im);
	errcode_t rc;

	initialize_ext2_error_table();
	im->fd = fd;
	im->offset = spec->offset;
	im->epoch = spec->epoch;
	im->chain_count = CHAINS_START;
	im->chains = xcalloc(im->chain_count, sizeof(struct node *));
	rc = strlen(spec->label) > EXT2_LABEL_LEN ? EINVAL : image_fs_make_fs(im, spec);
	if (rc) {
		image_fail(rc, "the file system of the image cannot be made", NULL, e);
		image_abandon(im);
		return NULL;
	}
	if (image_fs_make_first_dirs(im, e)) {
		image_abandon(im);
		return NULL;
	}
	return im;
}

int image_close(struct image *im, struct err *e)
{
	errcode_t rc;

	if (im->open) {
		image_abandon(im);
		return err_set(e, ERR_FAILED, "image-write", "a file in the image was not ended");
	}
	if (image_write_dirs(im, e)) {
		image_abandon(im);
		return -1;
	}
	rc = ext2fs_close2(im->fs, EXT2_FLAG_FLUSH_NO_SYNC);
	if (!rc)
		im->fs = NULL;
	image_abandon(im);
	return rc ? image_fail(rc, "the image cannot be completed", NULL, e) : 0;
}

void image_abandon(struct image *im)
{
	if (!im)
		return;
	while (im->open)
		image_file_end(im->open, NULL);
	if (im->fs)
		ext2fs_free(im->fs);
	node_free_all(im);
	free(im->chains);
	free(im);
}
