/* SPDX-License-Identifier: MIT */
/*
 * extfs: reads files of an ext4 file system in a disk, through a read-only io_manager for libext2fs.
 */
#include "image/extfs.h"

#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vdisk.h"

#define LINKS_MAX 20
#define LINK_MAX 4096
#define RUN_MAX (1u << 20) /* bytes per request */

struct extfs {
	ext2_filsys fs;
	struct vdisk *disk; /* NULL: the file system belongs to the caller */
	uint64_t start;	    /* of the partition in the disk, bytes */
	uint64_t length;
	struct err why; /* why the disk could not be read, kept while libext2fs returns */
};

static int extfs_fail(struct extfs *x, errcode_t rc, const char *what, const char *path, struct err *e)
{
	if (x->why.kind)
		return err_move(e, &x->why);
	return err_set(e, ERR_FAILED, "fs-broken", "%s %s in the image: %s", what, path, error_message(rc));
}

static int extfs_missing(const char *path, struct err *e)
{
	return err_set(e, ERR_FAILED, "fs-missing", "the image has no %s", path);
}

/* ---- the io_manager */

static errcode_t extfs_io_close(io_channel io)
{
	if (--io->refcount > 0)
		return 0;
	free(io->name);
	free(io);
	return 0;
}

static errcode_t extfs_io_set_blksize(io_channel io, int size)
{
	io->block_size = size;
	return 0;
}

static errcode_t extfs_io_read64(io_channel io, unsigned long long block, int count, void *data)
{
	struct extfs *x = io->private_data;
	/* a negative count means bytes */
	uint64_t n = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * (uint64_t)io->block_size;
	uint64_t pos;

	if (__builtin_mul_overflow((uint64_t)block, (uint64_t)io->block_size, &pos) || pos > x->length ||
	    n > x->length - pos)
		return EXT2_ET_SHORT_READ;
	if (vdisk_read(x->disk, x->start + pos, data, n, &x->why) < 0)
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t extfs_io_read(io_channel io, unsigned long block, int count, void *data)
{
	return extfs_io_read64(io, block, count, data);
}

static errcode_t extfs_io_write64(io_channel io, unsigned long long block, int count, const void *data)
{
	(void)io;
	(void)block;
	(void)count;
	(void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t extfs_io_write(io_channel io, unsigned long block, int count, const void *data)
{
	return extfs_io_write64(io, block, count, data);
}

static errcode_t extfs_io_flush(io_channel io)
{
	(void)io;
	return 0;
}

static errcode_t extfs_io_open(const char *name, int flags, io_channel *out);

static struct struct_io_manager reader = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "debwiz",
	.open = extfs_io_open,
	.close = extfs_io_close,
	.set_blksize = extfs_io_set_blksize,
	.read_blk = extfs_io_read,
	.write_blk = extfs_io_write,
	.flush = extfs_io_flush,
	.read_blk64 = extfs_io_read64,
	.write_blk64 = extfs_io_write64,
};

/* libext2fs passes only a name to the open function. */
static _Thread_local struct extfs *opening;

static errcode_t extfs_io_open(const char *name, int flags, io_channel *out)
{
	io_channel io;

	if (flags & IO_FLAG_RW)
		return EXT2_ET_RO_FILSYS;
	io = xcalloc(1, sizeof(*io));
	io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	io->manager = &reader;
	io->name = xstrdup(name);
	io->block_size = 1024;
	io->refcount = 1;
	io->private_data = opening;
	*out = io;
	return 0;
}

/* ---- life cycle */

/* Opens the file system from x->start on. */
static errcode_t extfs_open_there(struct extfs *x, const char *path)
{
	errcode_t rc;

	opening = x;
	rc = ext2fs_open2(path, NULL, EXT2_FLAG_64BITS, 0, 0, &reader, &x->fs);
	opening = NULL;
	if (rc)
		x->fs = NULL;
	return rc;
}

struct extfs *extfs_open(const char *path, const char *format, const char *partition, struct err *e)
{
	struct extfs *x = xcalloc(1, sizeof(*x));
	errcode_t rc;

	initialize_ext2_error_table();
	x->disk = vdisk_open(path, format, e);
	if (!x->disk || vdisk_find_partition(x->disk, partition, &x->start, &x->length, e) < 0) {
		extfs_close(x);
		return NULL;
	}
	rc = extfs_open_there(x, path);
	if (rc) {
		extfs_fail(x, rc, "cannot open the file system on", partition, e);
		extfs_close(x);
		return NULL;
	}
	return x;
}

struct extfs *extfs_open_root(const char *path, const char *format, struct err *e)
{
	struct extfs *x = xcalloc(1, sizeof(*x));
	uint64_t at = 0;
	int found;

	initialize_ext2_error_table();
	x->disk = vdisk_open(path, format, e);
	found = x->disk ? 1 : -1;
	while (found > 0) {
		found = vdisk_next_partition(x->disk, &at, &x->start, &x->length, e);
		if (found <= 0)
			break;
		if (!extfs_open_there(x, path)) {
			if (extfs_has(x, EXTFS_SHELL))
				return x;
			ext2fs_free(x->fs);
			x->fs = NULL;
		}
		err_fini(&x->why); /* of a partition that is something else */
	}
	extfs_close(x);
	if (!found) {
		err_set(e, ERR_FAILED, "image-no-root", "%s has no partition with a root file system of the kind ext4",
			path);
		err_hint(e, "write mode = uefi in [firmware]: its own boot loader finds its root");
	}
	return NULL;
}

char *extfs_uuid(const struct extfs *x)
{
	const unsigned char *u = x->fs->super->s_uuid;

	return xasprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3],
			 u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

struct extfs *extfs_wrap(struct struct_ext2_filsys *fs)
{
	struct extfs *x = xcalloc(1, sizeof(*x));

	x->fs = fs;
	return x;
}

void extfs_close(struct extfs *x)
{
	if (!x)
		return;
	if (x->fs && x->disk)
		ext2fs_free(x->fs); /* not closed, but freed: nothing must be written */
	vdisk_close(x->disk);
	err_fini(&x->why);
	free(x);
}

bool extfs_is_unclean(const struct extfs *x)
{
	return ext2fs_has_feature_journal_needs_recovery(x->fs->super);
}

/* ---- content */

/* Reads the blocks of an inode up to `size` bytes, adjacent blocks together. */
static errcode_t extfs_read_blocks(struct extfs *x, ext2_ino_t ino, struct ext2_inode *inode, char *to, uint64_t size)
{
	uint64_t unit = x->fs->blocksize;
	uint64_t count = (size + unit - 1) / unit;
	AUTO_FREE char *tail = xmalloc(unit);
	uint64_t at = 0;
	errcode_t rc = 0;

	while (!rc && at < count) {
		blk64_t first = 0, next;
		uint64_t run = 0;
		int flags, first_flags = 0;

		for (; at + run < count && run * unit < RUN_MAX; run++) {
			rc = ext2fs_bmap2(x->fs, ino, inode, NULL, 0, at + run, &flags, &next);
			if (rc)
				break;
			if (flags & BMAP_RET_UNINIT)
				next = 0;
			if (run == 0) {
				first = next;
				first_flags = flags;
			} else if (flags != first_flags || next != (first ? first + run : 0)) {
				break;
			}
		}
		if (rc || !run)
			break;
		if (!first) {
			uint64_t end = (at + run) * unit < size ? (at + run) * unit : size;

			memset(to + at * unit, 0, (size_t)(end - at * unit));
		} else {
			/* the last block of the file may be longer than requested */
			uint64_t whole = (at + run) * unit <= size ? run : run - 1;

			if (whole)
				rc = io_channel_read_blk64(x->fs->io, first, (int)whole, to + at * unit);
			if (!rc && whole < run) {
				rc = io_channel_read_blk64(x->fs->io, first + whole, 1, tail);
				memcpy(to + (at + whole) * unit, tail, (size_t)(size - (at + whole) * unit));
			}
		}
		at += run;
	}
	return rc;
}

static errcode_t extfs_read_link(struct extfs *x, ext2_ino_t ino, struct ext2_inode *inode, char **out)
{
	uint64_t size = EXT2_I_SIZE(inode);
	errcode_t rc = 0;
	char *text;

	if (size == 0 || size >= LINK_MAX || (inode->i_flags & EXT4_INLINE_DATA_FL))
		return EXT2_ET_SYMLINK_LOOP;
	text = xcalloc(1, (size_t)size + 1);
	if (ext2fs_is_fast_symlink(inode) && size < sizeof(inode->i_block))
		memcpy(text, inode->i_block, (size_t)size);
	else
		rc = extfs_read_blocks(x, ino, inode, text, size);
	if (rc)
		free(text);
	else
		*out = text;
	return rc;
}

/* ---- paths */

struct walk {
	struct strv names; /* from the root to the current folder */
	ext2_ino_t *inos;  /* of the same */
	size_t allocated;
};

static ext2_ino_t extfs_walk_at(const struct walk *w)
{
	return w->names.len ? w->inos[w->names.len - 1] : EXT2_ROOT_INO;
}

static void extfs_walk_push(struct walk *w, const char *name, ext2_ino_t ino)
{
	strv_add(&w->names, name);
	if (w->names.len > w->allocated) {
		w->allocated = w->names.len * 2;
		w->inos = xreallocarray(w->inos, w->allocated, sizeof(*w->inos));
	}
	w->inos[w->names.len - 1] = ino;
}

static void extfs_walk_pop(struct walk *w)
{
	if (!w->names.len)
		return;
	free(w->names.items[--w->names.len]);
	w->names.items[w->names.len] = NULL;
}

/* Resolves one part of the path; the target of a link is inserted before *rest, which is replaced. */
static errcode_t extfs_walk_step(struct extfs *x, struct walk *w, const char *name, int *links, char **rest)
{
	struct ext2_inode inode;
	char *target, *joined;
	ext2_ino_t ino;
	errcode_t rc = ext2fs_lookup(x->fs, extfs_walk_at(w), name, (int)strlen(name), NULL, &ino);

	if (!rc)
		rc = ext2fs_read_inode(x->fs, ino, &inode);
	if (rc)
		return rc;
	if (!LINUX_S_ISLNK(inode.i_mode)) {
		extfs_walk_push(w, name, ino);
		return 0;
	}
	if (++*links > LINKS_MAX)
		return EXT2_ET_SYMLINK_LOOP;
	rc = extfs_read_link(x, ino, &inode, &target);
	if (rc)
		return rc;
	if (*target == '/')
		while (w->names.len)
			extfs_walk_pop(w);
	joined = xasprintf("%s/%s", target, *rest);
	free(target);
	free(*rest);
	*rest = joined;
	return 0;
}

static errcode_t extfs_walk_path(struct extfs *x, struct walk *w, const char *path)
{
	char *rest = xstrdup(path);
	errcode_t rc = 0;
	int links = 0;

	while (!rc) {
		char *part = rest + strspn(rest, "/");
		size_t n = strcspn(part, "/");
		char *name, *after;

		if (!n)
			break;
		name = xstrndup(part, n);
		after = xstrdup(part + n);
		free(rest);
		rest = after;
		if (!strcmp(name, ".."))
			extfs_walk_pop(w);
		else if (strcmp(name, ".") != 0)
			rc = extfs_walk_step(x, w, name, &links, &rest);
		free(name);
	}
	free(rest);
	return rc;
}

/* Resolves a path; *real (the caller frees it) may be NULL. */
static int extfs_find(struct extfs *x, const char *path, char **real, ext2_ino_t *ino, struct ext2_inode *inode,
		      struct err *e)
{
	struct walk w = {.names = STRV_INIT};
	errcode_t rc = extfs_walk_path(x, &w, path);

	*ino = extfs_walk_at(&w);
	if (!rc)
		rc = ext2fs_read_inode(x->fs, *ino, inode);
	if (!rc && real) {
		char *joined = strv_join(&w.names, "/");

		*real = xasprintf("/%s", joined);
		free(joined);
	}
	strv_fini(&w.names);
	free(w.inos);
	if (rc == EXT2_ET_FILE_NOT_FOUND || rc == EXT2_ET_NO_DIRECTORY || rc == EXT2_ET_SYMLINK_LOOP)
		return extfs_missing(path, e);
	return rc ? extfs_fail(x, rc, "cannot find", path, e) : 0;
}

int extfs_resolve(struct extfs *x, const char *path, char **real, struct extfs_stat *st, struct err *e)
{
	struct ext2_inode inode;
	ext2_ino_t ino;

	if (extfs_find(x, path, real, &ino, &inode, e) < 0)
		return -1;
	*st = (struct extfs_stat){
		.ino = ino,
		.mode = inode.i_mode,
		.uid = inode_uid(inode),
		.gid = inode_gid(inode),
		.size = EXT2_I_SIZE(&inode),
		.mtime = (int32_t)inode.i_mtime,
	};
	return 0;
}

bool extfs_has(struct extfs *x, const char *path)
{
	struct ext2_inode inode;
	ext2_ino_t ino;

	return extfs_find(x, path, NULL, &ino, &inode, NULL) == 0;
}

static int extfs_add_name(struct ext2_dir_entry *entry, int offset, int size, char *block, void *arg)
{
	int n = ext2fs_dirent_name_len(entry);
	struct strv *names = arg;

	(void)offset;
	(void)size;
	(void)block;
	if ((n == 1 && entry->name[0] == '.') || (n == 2 && !memcmp(entry->name, "..", 2)))
		return 0;
	strv_take(names, xstrndup(entry->name, (size_t)n));
	return 0;
}

int extfs_list(struct extfs *x, const char *path, struct strv *names, struct err *e)
{
	struct strv found = STRV_INIT;
	struct ext2_inode inode;
	ext2_ino_t ino;
	errcode_t rc;

	if (extfs_find(x, path, NULL, &ino, &inode, e) < 0)
		return -1;
	if (!LINUX_S_ISDIR(inode.i_mode))
		return extfs_missing(path, e);
	rc = ext2fs_dir_iterate(x->fs, ino, 0, NULL, extfs_add_name, &found);
	if (!rc) {
		strv_sort(&found);
		for (size_t i = 0; i < found.len; i++)
			strv_add(names, found.items[i]);
	}
	strv_fini(&found);
	return rc ? extfs_fail(x, rc, "cannot list", path, e) : 0;
}

int extfs_read(struct extfs *x, const char *path, size_t cap, struct buf *out, struct err *e)
{
	struct ext2_inode inode;
	ext2_ino_t ino;
	errcode_t rc;
	uint64_t size;
	struct buf b;

	if (extfs_find(x, path, NULL, &ino, &inode, e) < 0)
		return -1;
	size = EXT2_I_SIZE(&inode);
	if (!LINUX_S_ISREG(inode.i_mode))
		return err_set(e, ERR_FAILED, "fs-type", "%s in the image is not a regular file", path);
	if (inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL))
		return err_set(e, ERR_FAILED, "fs-type",
			       "%s in the image is stored in a way that debwiz "
			       "cannot read",
			       path);
	if (size > cap)
		return err_set(e, ERR_FAILED, "fs-large", "%s in the image is larger than %zu bytes", path, cap);
	buf_init(&b, 0);
	rc = extfs_read_blocks(x, ino, &inode, buf_reserve(&b, (size_t)size + 1), size);
	if (rc) {
		buf_fini(&b);
		return extfs_fail(x, rc, "cannot read", path, e);
	}
	b.len = (size_t)size;
	b.data[b.len] = '\0';
	*out = b;
	return 0;
}
