/* SPDX-License-Identifier: MIT */
/*
 * image: folders, links and nodes in an image, and who stays when two claim one name. In: paths
 * and attributes. Out: inodes and names. File contents are image_file.c's, and what a folder is on
 * disk is image_dir.c's.
 */
#include "image_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Seconds that an inode can hold: 32 bits and their sign, and two more in the extra field. */
#define TIME_MIN (-(INT64_C(1) << 31))
#define TIME_MAX (TIME_MIN + (INT64_C(1) << 34) - 1)

/* The nearest time that an inode can hold, as the kernel does. */
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

errcode_t image_init_dir(struct image *im, ext2_ino_t ino, const struct image_attr *attr)
{
	union inode in = {.bytes = {0}};

	ext2fs_inode_alloc_stats2(im->fs, ino, +1, 1);
	image_fill_inode(im, &in, LINUX_S_IFDIR, attr);
	return ext2fs_write_inode_full(im->fs, ino, &in.small, sizeof in);
}

int image_make_dir(struct image *im, struct node *parent, const char *name, size_t n, const struct image_attr *attr,
		   struct node **out, struct err *e)
{
	ext2_ino_t ino;
	errcode_t rc;

	if (n > EXT2_NAME_LEN)
		return err_set(e, ERR_VERIFY, "image-path", "a name in the image is too long");
	if (image_new_inode(im, parent, LINUX_S_IFDIR, &ino, e))
		return -1;
	*out = node_add(im, parent, name, n, EXT2_FT_DIR, ino, attr->rank);
	rc = image_init_dir(im, ino, attr);
	return rc ? image_fail(rc, "cannot make the folder", (*out)->name, e) : 0;
}

/* A folder that is there is claimed once more. */
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
	it = node_find(im, parent, leaf, strlen(leaf));
	if (!it)
		return image_make_dir(im, parent, leaf, strlen(leaf), attr, &it, e);
	if (it->type == EXT2_FT_DIR)
		return image_claim_dir(im, it, attr, e);
	if (it->type == EXT2_FT_SYMLINK)
		return image_walk(im, parent, it->target, strlen(it->target), true, &to, e);
	return err_set(e, ERR_VERIFY, "image-clash", "/%s is both a file and a folder", path);
}

/* One name less for an inode; the last one takes its blocks along. */
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
	struct node *it = node_find(im, parent, leaf, strlen(leaf));

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
		node_add(im, parent, leaf, strlen(leaf), type, ino, rank);
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
	old = node_find(im, parent, leaf, strlen(leaf));
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
		return image_fail(rc, "cannot make the link", path, e);
	if (image_enter(im, parent, leaf, old, EXT2_FT_SYMLINK, ino, attr->rank, e))
		return -1;
	old = node_find(im, parent, leaf, strlen(leaf));
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
	from = node_find(im, from_parent, from_leaf, strlen(from_leaf));
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
		old = node_find(im, parent, leaf, strlen(leaf));
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
		return image_fail(rc, "cannot make the node", path, e);
	return image_enter(im, parent, leaf, old, kinds[type].dirent, ino, attr->rank, e);
}

bool image_has(struct image *im, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *leaf = slash ? slash + 1 : path;
	struct node *parent;

	if (image_walk(im, im->root, path, slash ? (size_t)(slash - path) : 0, false, &parent, NULL))
		return false;
	return parent && (*leaf == '\0' || node_find(im, parent, leaf, strlen(leaf)));
}
