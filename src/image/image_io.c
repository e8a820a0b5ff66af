/* SPDX-License-Identifier: MIT */
/*
 * image_io: libext2fs's access to the file of an image, by host/file. The library's own manager for open files is
 * only for POSIX systems.
 */
#include "image_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"

#define PIECE 65536 /* bytes that are zeroed at a time */

struct image_io {
	int fd;
	uint64_t offset;
};

/* libext2fs passes only a name to the open function. */
static _Thread_local struct image_io image_io_opening;

static errcode_t image_io_close(io_channel io)
{
	if (--io->refcount > 0)
		return 0;
	free(io->private_data);
	free(io->name);
	free(io);
	return 0;
}

static errcode_t image_io_set_blksize(io_channel io, int size)
{
	io->block_size = size;
	return 0;
}

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

static errcode_t image_io_read64(io_channel io, unsigned long long block, int count, void *data)
{
	const struct image_io *f = io->private_data;
	size_t n = image_io_length(io, count);
	ssize_t got = file_read_at(f->fd, data, n, image_io_position(io, block));

	return got < 0 ? errno : (size_t)got < n ? EXT2_ET_SHORT_READ : 0;
}

static errcode_t image_io_read(io_channel io, unsigned long block, int count, void *data)
{
	return image_io_read64(io, block, count, data);
}

static errcode_t image_io_write64(io_channel io, unsigned long long block, int count, const void *data)
{
	const struct image_io *f = io->private_data;

	return file_write_at(f->fd, data, image_io_length(io, count), image_io_position(io, block)) < 0 ? errno : 0;
}

static errcode_t image_io_write(io_channel io, unsigned long block, int count, const void *data)
{
	return image_io_write64(io, block, count, data);
}

static errcode_t image_io_write_byte(io_channel io, unsigned long offset, int count, const void *data)
{
	const struct image_io *f = io->private_data;

	return file_write_at(f->fd, data, (size_t)count, f->offset + offset) < 0 ? errno : 0;
}

/* Writes zeros only over something else, so that holes stay. */
static errcode_t image_io_zeroout(io_channel io, unsigned long long block, unsigned long long count)
{
	static const char zeros[PIECE];
	const struct image_io *f = io->private_data;
	uint64_t at = image_io_position(io, block), n = count * (uint64_t)io->block_size;
	char piece[PIECE];

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

static errcode_t image_io_flush(io_channel io)
{
	(void)io;
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
	struct image_io *f = xmalloc(sizeof(*f));

	(void)flags;
	io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	io->manager = &image_io_manager;
	io->name = xstrdup(name);
	io->block_size = 1024;
	io->refcount = 1;
	*f = image_io_opening;
	io->private_data = f;
	*out = io;
	return 0;
}

io_manager image_io_begin(int fd, uint64_t offset)
{
	image_io_opening = (struct image_io){fd, offset};
	return &image_io_manager;
}
