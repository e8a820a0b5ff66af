/* SPDX-License-Identifier: MIT */
/*
 * image: creates the file system of an image and puts folders, links and nodes into it, and decides between two
 * owners of a name. Regular files are in image_file.c; image_dir.c writes the blocks of folders.
 */
#include "image_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "image_dir.h"
#include "image_io.h"

/* Seconds that an inode can store: 32 bits with sign, and two more in the extra field. */
#define TIME_MIN (-(INT64_C(1) << 31))
#define TIME_MAX (TIME_MIN + (INT64_C(1) << 34) - 1)

/* Returns the nearest time that an inode can store, as the kernel does. */
static int64_t image_clamp_time(int64_t t)
{
	return t < TIME_MIN ? TIME_MIN : t > TIME_MAX ? TIME_MAX : t;
}

static uint32_t image_extra_time(int64_t t)
{
	return (uint32_t)((uint64_t)(t - (int32_t)(uint32_t)t) >> 32 & 3);
}

void image_fill_inode(const struct image *im, union inode *in, unsigned type, const struct image_attr *attr)
{
	struct ext2_inode_large *l = &in->large;
	int64_t mtime = image_clamp_time(attr->mtime);

	l->i_mode = (uint16_t)(type | attr->mode);
	l->i_uid = (uint16_t)attr->uid;
	l->osd2.linux2.l_i_uid_high = (uint16_t)(attr->uid >> 16);
	l->i_gid = (uint16_t)attr->gid;
	l->osd2.linux2.l_i_gid_high = (uint16_t)(attr->gid >> 16);
	l->i_mtime = (uint32_t)mtime;
	l->i_atime = (uint32_t)mtime;
	l->i_ctime = (uint32_t)im->epoch;
	l->i_crtime = (uint32_t)im->epoch;
	l->i_extra_isize = im->fs->super->s_want_extra_isize;
	l->i_mtime_extra = image_extra_time(mtime);
	l->i_atime_extra = image_extra_time(mtime);
	l->i_ctime_extra = image_extra_time(im->epoch);
	l->i_crtime_extra = image_extra_time(im->epoch);
}

int image_new_inode(struct image *im, const struct node *parent, unsigned mode, ext2_ino_t *out, struct err *e)
{
	errcode_t rc = ext2fs_new_inode(im->fs, parent->ino, (int)mode, NULL, out);

	return rc ? image_fail(rc, "no inode is free in the image", NULL, e) : 0;
}

static errcode_t image_set_attr(struct image *im, ext2_ino_t ino, unsigned type, const struct image_attr *attr)
{
	union inode in;
	errcode_t rc = ext2fs_read_inode_full(im->fs, ino, &in.small, sizeof in);

	if (rc)
		return rc;
	image_fill_inode(im, &in, type, attr);
	return ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
}

static errcode_t image_init_dir(struct image *im, ext2_ino_t ino, const struct image_attr *attr)
{
	union inode in = {.bytes = {0}};

	ext2fs_inode_alloc_stats2(im->fs, ino, +1, 1);
	image_fill_inode(im, &in, LINUX_S_IFDIR, attr);
	return ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
}

static int image_make_dir(struct image *im, struct node *parent, const char *name, size_t n,
			  const struct image_attr *attr, struct node **out, struct err *e)
{
	ext2_ino_t ino;
	errcode_t rc;

	if (n > EXT2_NAME_LEN)
		return err_set(e, ERR_VERIFY, "image-path", "a name in the image is too long");
	if (image_new_inode(im, parent, LINUX_S_IFDIR, &ino, e))
		return -1;
	*out = node_add(im->names, parent, name, n, EXT2_FT_DIR, ino, attr->rank);
	rc = image_init_dir(im, ino, attr);
	return rc ? image_fail(rc, "cannot create the folder", (*out)->name, e) : 0;
}

/* ---- Paths */

#define LINKS_MAX 40 /* as the kernel has it */

static int image_walk_links(struct image *im, struct node *at, const char *path, size_t n, bool make, int *links,
			    struct node **out, struct err *e);

/* Resolves one part of a path, from folder *at. */
static int image_step(struct image *im, struct node **at, const char *name, size_t n, bool make, int *links,
		      struct err *e)
{
	static const struct image_attr plain = {.mode = 0755, .rank = UINT32_MAX};
	struct node *child;

	if (n == 0 || (n == 1 && name[0] == '.'))
		return 0;
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		*at = (*at)->parent;
		return 0;
	}
	child = node_find(im->names, *at, name, n);
	if (!child && make) {
		struct image_attr attr = plain;

		attr.mtime = im->epoch;
		if (image_make_dir(im, *at, name, n, &attr, &child, e))
			return -1;
		child->is_implied = true;
	}
	if (child && child->type == EXT2_FT_SYMLINK) {
		if (--*links < 0)
			return err_set(e, ERR_VERIFY, "image-clash",
				       "the symbolic link %s in the image leads to itself", child->name);
		return image_walk_links(im, *at, child->target, strlen(child->target), make, links, at, e);
	}
	if (child && child->type != EXT2_FT_DIR)
		return err_set(e, ERR_VERIFY, "image-clash", "%s in the image is not a folder", child->name);
	*at = child;
	return 0;
}

static int image_walk_links(struct image *im, struct node *at, const char *path, size_t n, bool make, int *links,
			    struct node **out, struct err *e)
{
	const char *end = path + n;

	if (n > 0 && *path == '/')
		at = im->root;
	while (at && path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		const char *stop = slash ? slash : end;

		if (image_step(im, &at, path, (size_t)(stop - path), make, links, e))
			return -1;
		path = slash ? slash + 1 : end;
	}
	*out = at;
	return 0;
}

static int image_walk(struct image *im, struct node *from, const char *path, size_t n, bool make, struct node **out,
		      struct err *e)
{
	int links = LINKS_MAX;

	return image_walk_links(im, from, path, n, make, &links, out, e);
}

int image_split(struct image *im, const char *path, struct node **parent, const char **leaf, struct err *e)
{
	const char *slash = strrchr(path, '/');

	*leaf = slash ? slash + 1 : path;
	if (**leaf == '\0' || strcmp(*leaf, ".") == 0 || strcmp(*leaf, "..") == 0 || strlen(*leaf) > EXT2_NAME_LEN)
		return err_set(e, ERR_VERIFY, "image-path", "\"%s\" is not the path of a file", path);
	return image_walk(im, im->root, path, slash ? (size_t)(slash - path) : 0, true, parent, e);
}

/* ---- Names of every kind */

/* Claims an existing folder again. */
static int image_claim_dir(struct image *im, struct node *dir, const struct image_attr *attr, struct err *e)
{
	errcode_t rc;

	if (!dir->is_implied && dir->rank <= attr->rank)
		return 0;
	dir->is_implied = false;
	dir->rank = attr->rank;
	rc = image_set_attr(im, dir->ino, LINUX_S_IFDIR, attr);
	return rc ? image_fail(rc, "cannot change the folder", dir->name, e) : 0;
}

int image_mkdir(struct image *im, const char *path, const struct image_attr *attr, struct err *e)
{
	struct node *parent, *it, *to;
	const char *leaf;

	if (*path == '\0')
		return image_claim_dir(im, im->root, attr, e);
	if (image_split(im, path, &parent, &leaf, e))
		return -1;
	it = node_find(im->names, parent, leaf, strlen(leaf));
	if (!it)
		return image_make_dir(im, parent, leaf, strlen(leaf), attr, &it, e);
	if (it->type == EXT2_FT_DIR)
		return image_claim_dir(im, it, attr, e);
	if (it->type == EXT2_FT_SYMLINK)
		return image_walk(im, parent, it->target, strlen(it->target), true, &to, e);
	return err_set(e, ERR_VERIFY, "image-clash", "/%s is both a file and a folder", path);
}

/* Removes a name of an inode; with the last one its blocks are freed. */
static errcode_t image_drop_inode(struct image *im, ext2_ino_t ino)
{
	union inode in;
	errcode_t rc = ext2fs_read_inode_full(im->fs, ino, &in.small, sizeof in);

	if (rc)
		return rc;
	in.small.i_links_count--;
	if (in.small.i_links_count > 0)
		return ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
	image_file_forget(im, ino);
	if (ext2fs_inode_has_valid_blocks2(im->fs, &in.small)) {
		rc = ext2fs_punch(im->fs, ino, &in.small, NULL, 0, ~0ULL);
		if (rc)
			return rc;
	}
	memset(&in, 0, sizeof in);
	ext2fs_inode_alloc_stats2(im->fs, ino, -1, 0);
	return ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
}

int image_claim(struct image *im, struct node *parent, const char *leaf, const char *path, unsigned rank, bool *taken,
		struct node **out, struct err *e)
{
	struct node *it = node_find(im->names, parent, leaf, strlen(leaf));

	*out = it;
	*taken = false;
	if (!it)
		return 0;
	if (it->type == EXT2_FT_DIR)
		return err_set(e, ERR_VERIFY, "image-clash", "/%s is both a file and a folder", path);
	if (it->rank > rank)
		*taken = true;
	return 0;
}

int image_enter(struct image *im, struct node *parent, const char *leaf, struct node *old, int type, ext2_ino_t ino,
		unsigned rank, struct err *e)
{
	errcode_t rc;

	if (!old) {
		node_add(im->names, parent, leaf, strlen(leaf), type, ino, rank);
		return 0;
	}
	rc = image_drop_inode(im, old->ino);
	free(old->target);
	old->target = NULL;
	old->type = (uint8_t)type;
	old->ino = ino;
	old->rank = rank;
	return rc ? image_fail(rc, "cannot enter", leaf, e) : 0;
}

int image_symlink(struct image *im, const char *path, const char *target, const struct image_attr *attr, struct err *e)
{
	struct node *parent, *old;
	const char *leaf;
	bool taken;
	ext2_ino_t ino;
	errcode_t rc;

	if (image_split(im, path, &parent, &leaf, e))
		return -1;
	old = node_find(im->names, parent, leaf, strlen(leaf));
	if (old && old->type == EXT2_FT_DIR)
		return 0;
	if (image_claim(im, parent, leaf, path, attr->rank, &taken, &old, e))
		return -1;
	if (taken)
		return 0;
	if (image_new_inode(im, parent, LINUX_S_IFLNK, &ino, e))
		return -1;
	rc = ext2fs_symlink(im->fs, parent->ino, ino, NULL, target);
	if (!rc)
		rc = image_set_attr(im, ino, LINUX_S_IFLNK, attr);
	if (rc)
		return image_fail(rc, "cannot create the link", path, e);
	if (image_enter(im, parent, leaf, old, EXT2_FT_SYMLINK, ino, attr->rank, e))
		return -1;
	old = node_find(im->names, parent, leaf, strlen(leaf));
	old->target = xstrdup(target);
	return 0;
}

int image_link(struct image *im, const char *path, const char *target, unsigned rank, struct err *e)
{
	struct node *parent, *from_parent, *from, *old;
	const char *leaf, *from_leaf;
	union inode in;
	bool taken;
	errcode_t rc;

	if (image_split(im, path, &parent, &leaf, e) || image_split(im, target, &from_parent, &from_leaf, e))
		return -1;
	from = node_find(im->names, from_parent, from_leaf, strlen(from_leaf));
	if (!from || from->type == EXT2_FT_DIR)
		return err_set(e, ERR_VERIFY, "image-clash", "/%s is a hard link to /%s, which is not a file", path,
			       target);
	if (image_claim(im, parent, leaf, path, rank, &taken, &old, e))
		return -1;
	if (taken || old == from || (old && old->ino == from->ino))
		return 0;
	rc = ext2fs_read_inode_full(im->fs, from->ino, &in.small, sizeof in);
	if (!rc && in.small.i_links_count >= EXT2_LINK_MAX)
		return err_set(e, ERR_VERIFY, "image-clash", "/%s is one hard link too many to /%s", path, target);
	if (!rc) {
		in.small.i_links_count++;
		rc = ext2fs_write_inode_full(im->fs, from->ino, &in.small, sizeof in);
	}
	if (rc)
		return image_fail(rc, "cannot link", path, e);
	if (image_enter(im, parent, leaf, old, from->type, from->ino, rank, e))
		return -1;
	if (from->target) {
		old = node_find(im->names, parent, leaf, strlen(leaf));
		old->target = xstrdup(from->target);
	}
	return 0;
}

int image_node(struct image *im, const char *path, enum image_node_type type, unsigned major, unsigned minor,
	       const struct image_attr *attr, struct err *e)
{
	static const struct {
		unsigned mode;
		int dirent;
	} kinds[] = {
		[IMAGE_CHAR] = {LINUX_S_IFCHR, EXT2_FT_CHRDEV},
		[IMAGE_BLOCK] = {LINUX_S_IFBLK, EXT2_FT_BLKDEV},
		[IMAGE_FIFO] = {LINUX_S_IFIFO, EXT2_FT_FIFO},
	};
	struct node *parent, *old;
	const char *leaf;
	union inode in = {.bytes = {0}};
	bool taken;
	ext2_ino_t ino;
	errcode_t rc;

	if (image_split(im, path, &parent, &leaf, e) ||
	    image_claim(im, parent, leaf, path, attr->rank, &taken, &old, e))
		return -1;
	if (taken)
		return 0;
	if (image_new_inode(im, parent, kinds[type].mode, &ino, e))
		return -1;
	image_fill_inode(im, &in, kinds[type].mode, attr);
	in.small.i_links_count = 1;
	if (type != IMAGE_FIFO && major < 256 && minor < 256)
		in.small.i_block[0] = major << 8 | minor;
	else if (type != IMAGE_FIFO)
		in.small.i_block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
	ext2fs_inode_alloc_stats2(im->fs, ino, +1, 0);
	rc = ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
	if (rc)
		return image_fail(rc, "cannot create the node", path, e);
	return image_enter(im, parent, leaf, old, kinds[type].dirent, ino, attr->rank, e);
}

bool image_has(struct image *im, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *leaf = slash ? slash + 1 : path;
	struct node *parent;

	if (image_walk(im, im->root, path, slash ? (size_t)(slash - path) : 0, false, &parent, NULL))
		return false;
	return parent && (*leaf == '\0' || node_find(im->names, parent, leaf, strlen(leaf)));
}

/* ---- The file system */

#define BYTES_PER_INODE 16384u
#define JOURNAL_BLOCKS 16384u
#define RESERVED_PERCENT 1u
#define FLEX_LOG 4u
#define LOST_FOUND "lost+found"

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

/* Sets what ext2fs_initialize leaves to its caller, or takes from the clock or the host. */
static void image_fs_finish_super(ext2_filsys fs, const struct image_spec *spec)
{
	struct ext2_super_block *s = fs->super;

	fs->now = (time_t)spec->epoch;
	s->s_mkfs_time = (uint32_t)spec->epoch;
	s->s_lastcheck = (uint32_t)spec->epoch;
	s->s_creator_os = EXT2_OS_LINUX;
	memcpy(s->s_uuid, spec->uuid, sizeof s->s_uuid);
	memcpy(s->s_hash_seed, spec->uuid, sizeof s->s_hash_seed);
	for (size_t i = 0; i < ARRAY_SIZE(s->s_hash_seed); i++) /* swapped by libext2fs when it is written */
		s->s_hash_seed[i] = ext2fs_le32_to_cpu(s->s_hash_seed[i]);
	memcpy(s->s_volume_name, spec->label, strlen(spec->label));
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	s->s_flags &= ~(uint32_t)EXT2_FLAGS_UNSIGNED_HASH; /* set on a host whose char is unsigned */
	s->s_flags |= EXT2_FLAGS_SIGNED_HASH;
	s->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	s->s_max_mnt_count = -1;
	s->s_checksum_type = EXT2_CRC32C_CHKSUM;
	s->s_min_extra_isize = sizeof(struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
	s->s_want_extra_isize = s->s_min_extra_isize;
	ext2fs_init_csum_seed(fs);
}

/* Marks the reserved inodes as used; that of bad blocks must exist and list none. */
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
	/* The file is new, so the tables are zero: the kernel need not clear them later. */
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
	errcode_t rc;

	image_fs_fill_params(&params, spec->length / IMAGE_BLOCK_SIZE);
	rc = ext2fs_initialize("image", EXT2_FLAG_64BITS, &params, image_io_begin(im->fd, im->offset), &im->fs);
	if (rc)
		return rc;
	image_fs_finish_super(im->fs, spec);
	return image_fs_populate(im->fs);
}

/* Creates the folders of every file system. A package may ship lost+found, too, which changes nothing. */
static int image_fs_make_first_dirs(struct image *im, struct err *e)
{
	struct image_attr attr = {.mode = 0755, .mtime = im->epoch};
	errcode_t rc = image_init_dir(im, EXT2_ROOT_INO, &attr);

	if (rc)
		return image_fail(rc, "the root folder of the image cannot be created", NULL, e);
	im->root = node_add(im->names, NULL, "", 0, EXT2_FT_DIR, EXT2_ROOT_INO, UINT32_MAX);
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
	im->names = image_names_new();
	rc = strlen(spec->label) > EXT2_LABEL_LEN ? EINVAL : image_fs_make_fs(im, spec);
	if (rc) {
		image_fail(rc, "the file system of the image cannot be created", NULL, e);
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
	if (image_write_dirs(im->fs, &im->goal, im->root, im->lost_found, e)) {
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
	image_names_free(im->names);
	free(im);
}
