/* SPDX-License-Identifier: MIT */
/*
 * image_file: regular files of an image. Extents are allocated once, in as few pieces as possible, and the data are
 * written directly to them, bypassing libext2fs's cache.
 */
#include "image_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

struct image_file {
	struct image_file *next;
	struct image *im;
	ext2_ino_t ino; /* 0: the bytes are discarded, because the name keeps another owner */
	uint64_t size;
	uint64_t done;
	struct image_extents extents;
	size_t at;	/* extent that is written */
	uint64_t inner; /* bytes of it done */
	char *path;
};

void image_file_forget(struct image *im, ext2_ino_t ino)
{
	for (struct image_file *f = im->open; f; f = f->next)
		if (f->ino == ino)
			f->ino = 0;
}

static errcode_t image_file_write_inode(struct image_file *f, const struct image_attr *attr)
{
	union inode in = {.bytes = {0}};
	errcode_t rc;

	image_fill_inode(f->im, &in, LINUX_S_IFREG, attr);
	image_fill_extents(f->im->fs, &in, f->size);
	in.small.i_links_count = 1;
	rc = ext2fs_write_inode_full(f->im->fs, f->ino, &in.small, sizeof in);
	if (!rc && f->extents.count > 0)
		rc = image_insert_extents(f->im->fs, f->ino, &f->extents);
	return rc;
}

static void image_file_add_open(struct image_file *f)
{
	f->next = f->im->open;
	f->im->open = f;
}

struct image_file *image_file_begin(struct image *im, const char *path, uint64_t size, const struct image_attr *attr,
				    struct err *e)
{
	struct image_file *f;
	struct node *parent, *old;
	const char *leaf;
	bool taken;
	errcode_t rc;

	if (image_split(im, path, &parent, &leaf, e) ||
	    image_claim(im, parent, leaf, path, attr->rank, &taken, &old, e))
		return NULL;
	f = xcalloc(1, sizeof *f);
	f->im = im;
	f->size = size;
	f->path = xstrdup(path);
	image_file_add_open(f);
	if (taken)
		return f;
	if (image_new_inode(im, parent, LINUX_S_IFREG, &f->ino, e))
		goto fail;
	ext2fs_inode_alloc_stats2(im->fs, f->ino, +1, 0);
	rc = image_allocate(im->fs, &im->goal, (size + IMAGE_BLOCK_SIZE - 1) / IMAGE_BLOCK_SIZE, &f->extents);
	if (!rc)
		rc = image_file_write_inode(f, attr);
	if (rc) {
		image_fail(rc, "cannot make", path, e);
		goto fail;
	}
	if (image_enter(im, parent, leaf, old, EXT2_FT_REG_FILE, f->ino, attr->rank, e))
		goto fail;
	return f;
fail:
	image_file_end(f, NULL);
	return NULL;
}

int image_file_write(struct image_file *f, const void *data, size_t n, struct err *e)
{
	const char *p = data;

	if (n > f->size - f->done)
		return err_set(e, ERR_FAILED, "image-write", "/%s is longer than its size", f->path);
	f->done += n;
	while (f->ino != 0 && n > 0) {
		const struct image_extent *x = &f->extents.items[f->at];
		uint64_t space = x->len * IMAGE_BLOCK_SIZE - f->inner;
		size_t now = n < space ? n : (size_t)space;

		if (file_write_at(f->im->fd, p, now, f->im->offset + x->start * IMAGE_BLOCK_SIZE + f->inner) < 0)
			return err_errno(e, errno, "image-write", "cannot write /%s", f->path);
		p += now;
		n -= now;
		f->inner += now;
		if (now == space) {
			f->at++;
			f->inner = 0;
		}
	}
	return 0;
}

int image_file_end(struct image_file *f, struct err *e)
{
	struct image_file **link = &f->im->open;
	int r = 0;

	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	if (f->done != f->size)
		r = err_set(e, ERR_FAILED, "image-write", "/%s ends before its size", f->path);
	free(f->extents.items);
	free(f->path);
	free(f);
	return r;
}

int image_put(struct image *im, const char *path, const void *data, size_t n, const struct image_attr *attr,
	      struct err *e)
{
	struct image_file *f = image_file_begin(im, path, n, attr, e);

	if (!f)
		return -1;
	if (image_file_write(f, data, n, e)) {
		image_file_end(f, NULL);
		return -1;
	}
	return image_file_end(f, e);
}
