/* SPDX-License-Identifier: MIT */
/*
 * fuzz_extfs: bytes that overwrite parts of a sound disk's file system; then names, links and contents
 * are read from it. What is read is what was asked for, or an error. The input is a list of patches:
 * number of a block that is in use, place in it (2 bytes), length, bytes. The file system has no
 * checksums, which would keep all but the first patch from being looked at.
 */
#include <ext2fs/ext2fs.h>
#include <string.h>

#include "base/mem.h"
#include "image/extfs.h"
#include "image/gpt.h"
#include "image/image.h"
#include "input.h"

#define SIZE (80u << 20)
#define START (1u << 20)
#define BLOCK 4096u
#define BLOCKS_MAX 256
#define READ_CAP 20000u

struct saved {
	unsigned block;
	char bytes[BLOCK];
};

static struct {
	int fd;
	char path[64];
	off_t used[BLOCKS_MAX]; /* blocks that are not zero */
	unsigned count;
	struct saved saved[64]; /* what the patches of this run cover */
	unsigned saved_count;
} disk;

static void put(struct image *im, const char *path, size_t n)
{
	struct image_attr attr = {.mode = 0644, .mtime = 1700000000};
	char *bytes = xcalloc(1, n + 1);

	memset(bytes, 'x', n);
	must(image_put(im, path, bytes, n, &attr, NULL) == 0);
	free(bytes);
}

static void fill(struct image *im)
{
	struct image_attr attr = {.mode = 0777, .mtime = 1700000000};
	char name[300];

	put(im, "etc/passwd", 10);
	put(im, "srv/big", 3 * BLOCK + 5);
	must(image_symlink(im, "short", "etc/passwd", &attr, NULL) == 0);
	memset(name, '/', sizeof name);
	memcpy(name + sizeof name - 11, "etc/passwd", 11);
	must(image_symlink(im, "long", name, &attr, NULL) == 0);
	must(image_symlink(im, "up", "../../srv", &attr, NULL) == 0);
	for (int i = 0; i < 200; i++) { /* a folder with an index */
		snprintf(name, sizeof name, "many/a-name-that-is-rather-long-%d", i);
		put(im, name, 1);
	}
}

/* The image without its checksums. */
static void drop_checksums(void)
{
	char options[32];
	ext2_filsys fs;

	snprintf(options, sizeof options, "offset=%u", START);
	must(ext2fs_open2(disk.path, options, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs) == 0);
	ext2fs_clear_feature_metadata_csum(fs->super);
	ext2fs_mark_super_dirty(fs);
	must(ext2fs_close(fs) == 0);
}

static void find_used(void)
{
	static const char zeros[BLOCK];
	char bytes[BLOCK];

	for (off_t at = START; at < SIZE && disk.count < BLOCKS_MAX; at += BLOCK) {
		must(pread(disk.fd, bytes, BLOCK, at) == BLOCK);
		if (memcmp(bytes, zeros, BLOCK) != 0)
			disk.used[disk.count++] = at;
	}
	must(disk.count > 10);
}

static void remove_disk(void)
{
	unlink(disk.path);
}

static void make_disk(void)
{
	struct image_spec spec = {
		.offset = START, .length = SIZE - 2 * START, .label = "root", .epoch = 1700000000, .uuid = {1, 2, 3}};
	struct gpt_guid id = {{9}};
	struct gpt_part part = {
		.id = id, .first = START / 512, .last = (SIZE - START) / 512 - 1, .name = EXTFS_ROOT_PARTITION};
	struct image *im;

	disk.fd = fuzz_file("", 0, disk.path);
	atexit(remove_disk);
	must(ftruncate(disk.fd, SIZE) == 0);
	must(gpt_guid_parse(GPT_TYPE_LINUX, &part.type) == 0);
	must(gpt_write(disk.fd, SIZE / 512, &id, &part, 1, NULL) == 0);
	im = image_create(disk.fd, &spec, NULL);
	must(im != NULL);
	fill(im);
	must(image_close(im, NULL) == 0);
	drop_checksums();
	find_used();
}

static bool save(unsigned block)
{
	for (unsigned i = 0; i < disk.saved_count; i++)
		if (disk.saved[i].block == block)
			return true;
	if (disk.saved_count == sizeof disk.saved / sizeof *disk.saved)
		return false;
	disk.saved[disk.saved_count].block = block;
	must(pread(disk.fd, disk.saved[disk.saved_count++].bytes, BLOCK, disk.used[block]) == BLOCK);
	return true;
}

static void patch(const uint8_t *data, size_t size)
{
	while (size > 4) {
		unsigned block = data[0] % disk.count;
		unsigned at = (data[1] | (unsigned)data[2] << 8) % BLOCK;
		size_t n = 1 + data[3] % 64;

		data += 4;
		size -= 4;
		n = n < size ? n : size;
		n = n < BLOCK - at ? n : BLOCK - at;
		if (!save(block))
			return;
		must(pwrite(disk.fd, data, n, disk.used[block] + at) == (ssize_t)n);
		data += n;
		size -= n;
	}
}

static void restore(void)
{
	while (disk.saved_count > 0) {
		const struct saved *s = &disk.saved[--disk.saved_count];

		must(pwrite(disk.fd, s->bytes, BLOCK, disk.used[s->block]) == BLOCK);
	}
}

static void read_path(struct extfs *fs, const char *path)
{
	struct strv names = STRV_INIT;
	struct extfs_stat st;
	struct err e = ERR_INIT;
	struct buf b;
	char *real;

	if (extfs_resolve(fs, path, &real, &st, &e) < 0) {
		must_be_error(&e, ERR_FAILED);
		return;
	}
	must(*real == '/');
	free(real);
	if (extfs_read(fs, path, READ_CAP, &b, &e) == 0) {
		must(b.len <= READ_CAP && b.data[b.len] == '\0');
		buf_fini(&b);
	} else {
		must_be_error(&e, ERR_FAILED);
	}
	if (extfs_list(fs, path, &names, &e) < 0)
		must_be_error(&e, ERR_FAILED);
	strv_fini(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/",	      "/etc/passwd", "/srv/big", "/short",
		"/long",      "/up/big",     "/many",	 "/many/a-name-that-is-rather-long-199",
		"/lost+found"};
	struct err e = ERR_INIT;
	struct extfs *fs;

	if (!disk.count)
		make_disk();
	patch(data, size);
	fs = extfs_open(disk.path, "raw", EXTFS_ROOT_PARTITION, &e);
	if (fs) {
		extfs_is_unclean(fs);
		for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
			read_path(fs, paths[i]);
		extfs_close(fs);
	} else {
		must_be_error(&e, ERR_FAILED);
	}
	restore();
	return 0;
}
