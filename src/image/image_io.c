/* SPDX-License-Identifier: MIT */
/*
 * image_io: libext2fs's access to the file of an image, by host/file. The library's own manager for open files is
 * only for POSIX systems. Like that one it keeps the last blocks until others are used: the library reads and writes a
 * whole block for each inode.
 */
#include "image_io.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "image_ext2.h"

#define PIECE 65536 /* bytes that are zeroed at a time */

#define KEPT 16 /* blocks */

struct kept_block {
	bool valid, dirty;
	uint64_t number;
	uint64_t used; /* by image_io.uses */
	char data[IMAGE_BLOCK_SIZE];
};

struct image_io {
	int fd;
	uint64_t offset;
	uint64_t uses;
	struct kept_block kept[KEPT];
};

/* libext2fs passes only a name to the open function. */
static _Thread_local struct {
	int fd;
	uint64_t offset;
} image_io_opening;

static uint64_t image_io_position(io_channel io, unsigned long long block)
{
	const struct image_io *f = io->private_data;

	return f->offset + block * (uint64_t)io->block_size;
}

/* A negative count means bytes. */
static size_t image_io_length(io_channel io, int count)
{
	return count < 0 ? (size_t) - (int64_t)count : (size_t)count * (size_t)io->block_size;
}

/* Writes a kept block that was changed. */
static errcode_t image_io_put(io_channel io, struct kept_block *k)
{
	const struct image_io *f = io->private_data;

	if (!k->dirty)
		return 0;
	if (file_write_at(f->fd, k->data, (size_t)io->block_size, image_io_position(io, k->number)) < 0)
		return errno;
	k->dirty = false;
	return 0;
}

static errcode_t image_io_flush(io_channel io)
{
	struct image_io *f = io->private_data;
	errcode_t first = 0;

	for (size_t i = 0; i < KEPT; i++) {
		errcode_t rc = image_io_put(io, &f->kept[i]);

		first = first ? first : rc;
	}
	return first;
}

/* Writes all kept blocks that were changed and keeps none: what follows goes to the file. */
static errcode_t image_io_forget(io_channel io)
{
	struct image_io *f = io->private_data;
	errcode_t rc = image_io_flush(io);

	for (size_t i = 0; i < KEPT; i++)
		f->kept[i].valid = f->kept[i].dirty = false;
	return rc;
}

/* Returns the place of that block: with its data if it is valid, else for new data. NULL with *rc on an error. */
static struct kept_block *image_io_keep(io_channel io, uint64_t number, errcode_t *rc)
{
	struct image_io *f = io->private_data;
	struct kept_block *k = &f->kept[0];

	for (size_t i = 0; i < KEPT; i++) {
		if (f->kept[i].valid && f->kept[i].number == number) {
			k = &f->kept[i];
			break;
		}
		if (f->kept[i].used < k->used)
			k = &f->kept[i];
	}
	if (!k->valid || k->number != number) {
		*rc = image_io_put(io, k);
		if (*rc)
			return NULL;
		k->valid = false;
		k->number = number;
	}
	k->used = ++f->uses;
	return k;
}

static errcode_t image_io_close(io_channel io)
{
	errcode_t rc;

	if (--io->refcount > 0)
		return 0;
	rc = image_io_flush(io);
	free(io->private_data);
	free(io->name);
	free(io);
	return rc;
}

static errcode_t image_io_set_blksize(io_channel io, int size)
{
	errcode_t rc = image_io_forget(io);

	if (size <= 0 || (size_t)size > IMAGE_BLOCK_SIZE)
		return EXT2_ET_INVALID_ARGUMENT;
	io->block_size = size;
	return rc;
}

static errcode_t image_io_read_file(io_channel io, unsigned long long block, int count, void *data)
{
	const struct image_io *f = io->private_data;
	size_t n = image_io_length(io, count);
	ssize_t got = file_read_at(f->fd, data, n, image_io_position(io, block));

	return got < 0 ? errno : (size_t)got < n ? EXT2_ET_SHORT_READ : 0;
}

static errcode_t image_io_read64(io_channel io, unsigned long long block, int count, void *data)
{
	struct kept_block *k;
	errcode_t rc = 0;

	if (count != 1) {
		rc = image_io_forget(io);
		return rc ? rc : image_io_read_file(io, block, count, data);
	}
	k = image_io_keep(io, block, &rc);
	if (!k)
		return rc;
	if (!k->valid) {
		rc = image_io_read_file(io, block, 1, k->data);
		k->valid = !rc;
	}
	if (!rc)
		memcpy(data, k->data, (size_t)io->block_size);
	return rc;
}

static errcode_t image_io_read(io_channel io, unsigned long block, int count, void *data)
{
	return image_io_read64(io, block, count, data);
}

static errcode_t image_io_write64(io_channel io, unsigned long long block, int count, const void *data)
{
	const struct image_io *f = io->private_data;
	struct kept_block *k;
	errcode_t rc = 0;

	if (count != 1) {
		rc = image_io_forget(io);
		if (!rc && file_write_at(f->fd, data, image_io_length(io, count), image_io_position(io, block)) < 0)
			rc = errno;
		return rc;
	}
	k = image_io_keep(io, block, &rc);
	if (!k)
		return rc;
	memcpy(k->data, data, (size_t)io->block_size);
	k->valid = k->dirty = true;
	return 0;
}

static errcode_t image_io_write(io_channel io, unsigned long block, int count, const void *data)
{
	return image_io_write64(io, block, count, data);
}

static errcode_t image_io_write_byte(io_channel io, unsigned long offset, int count, const void *data)
{
	const struct image_io *f = io->private_data;
	errcode_t rc = image_io_forget(io);

	if (!rc && file_write_at(f->fd, data, (size_t)count, f->offset + offset) < 0)
		rc = errno;
	return rc;
}

/* Writes zeros only over something else, so that holes stay. */
static errcode_t image_io_zeroout(io_channel io, unsigned long long block, unsigned long long count)
{
	static const char zeros[PIECE];
	const struct image_io *f = io->private_data;
	uint64_t at = image_io_position(io, block), n = count * (uint64_t)io->block_size;
	char piece[PIECE];
	errcode_t rc = image_io_forget(io);

	if (rc)
		return rc;
	while (n) {
		size_t now = n < PIECE ? (size_t)n : PIECE;
		ssize_t got = file_read_at(f->fd, piece, now, at);

		if (got < 0 || (memcmp(piece, zeros, (size_t)got) != 0 && file_write_at(f->fd, zeros, now, at) < 0))
			return errno;
		at += now;
		n -= now;
	}
	return 0;
}

static errcode_t image_io_open(const char *name, int flags, io_channel *out);

static struct struct_io_manager image_io_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "debwiz image",
	.open = image_io_open,
	.close = image_io_close,
	.set_blksize = image_io_set_blksize,
	.read_blk = image_io_read,
	.write_blk = image_io_write,
	.flush = image_io_flush,
	.write_byte = image_io_write_byte,
	.read_blk64 = image_io_read64,
	.write_blk64 = image_io_write64,
	.zeroout = image_io_zeroout,
};

static errcode_t image_io_open(const char *name, int flags, io_channel *out)
{
	io_channel io = xcalloc(1, sizeof(*io));
	struct image_io *f = xcalloc(1, sizeof(*f));

	(void)flags;
	io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	io->manager = &image_io_manager;
	io->name = xstrdup(name);
	io->block_size = 1024;
	io->refcount = 1;
	f->fd = image_io_opening.fd;
	f->offset = image_io_opening.offset;
	io->private_data = f;
	*out = io;
	return 0;
}

io_manager image_io_begin(int fd, uint64_t offset)
{
	image_io_opening.fd = fd;
	image_io_opening.offset = offset;
	return &image_io_manager;
}
