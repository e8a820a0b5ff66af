/* SPDX-License-Identifier: MIT */
/* image/image: what is added is read back by libext2fs, and e2fsck is content. */
#include "base/hash.h"
#include "image/image.h"
#include "readfs.h"

#define OFFSET (1u << 20)
#define LENGTH (96u << 20)
#define EPOCH 1700000000

struct fixture {
	char *dir;
	char *path;
	int fd;
	struct image *im;
	ext2_filsys fs;
	struct err e;
};

static void begin(struct fixture *f, uint64_t length)
{
	struct image_spec spec = {
		.offset = OFFSET,
		.length = length,
		.uuid = {1, 2, 3, 4},
		.label = "test",
		.epoch = EPOCH,
	};

	unlink(f->path);
	f->fd = open(f->path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(f->fd, (off_t)(OFFSET + length)), 0);
	f->im = image_create(f->fd, &spec, &f->e);
	assert_non_null(f->im);
}

static void end(struct fixture *f)
{
	assert_int_equal(image_close(f->im, &f->e), 0);
	f->im = NULL;
	close(f->fd);
	readfs_check(f->path, OFFSET);
	f->fs = readfs_open(f->path, OFFSET);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->dir = check_tmpdir();
	f->path = file_join(f->dir, "image");
	*state = f;
	begin(f, LENGTH);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	image_abandon(f->im);
	if (f->fs)
		ext2fs_free(f->fs);
	err_fini(&f->e);
	free(f->path);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

static struct image_attr attr(unsigned mode, unsigned rank)
{
	return (struct image_attr){.mode = mode, .mtime = 1600000000, .rank = rank};
}

static void put(struct fixture *f, const char *path, const char *text, unsigned rank)
{
	struct image_attr a = attr(0644, rank);

	if (image_put(f->im, path, text, strlen(text), &a, &f->e))
		fail_msg("%s", f->e.text);
}

static void mkdir_at(struct fixture *f, const char *path, unsigned mode, unsigned rank)
{
	struct image_attr a = attr(mode, rank);

	if (image_mkdir(f->im, path, &a, &f->e))
		fail_msg("%s", f->e.text);
}

static void link_at(struct fixture *f, const char *path, const char *target, unsigned rank)
{
	struct image_attr a = attr(0777, rank);

	if (image_symlink(f->im, path, target, &a, &f->e))
		fail_msg("%s", f->e.text);
}

static void clashes(struct fixture *f, int r)
{
	assert_int_equal(r, -1);
	assert_string_equal(f->e.id, "image-clash");
	err_fini(&f->e);
}

static void keeps_contents(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 1000003};
	struct fixture *f = *state;
	struct image_file *open[7];
	struct image_attr a = attr(0644, 1);
	unsigned char *bytes = malloc(1000003);
	size_t done[7] = {0};
	char name[16];

	for (size_t i = 0; i < 1000003; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 4096);
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof name, "f%d", i);
		open[i] = image_file_begin(f->im, name, sizes[i], &a, &f->e);
		assert_non_null(open[i]);
	}
	for (size_t step = 1, more = 1; more; step = step * 3 % 10007) {
		more = 0;
		for (int i = 0; i < 7; i++) { /* together, in pieces of odd lengths */
			size_t n = sizes[i] - done[i] < step ? sizes[i] - done[i] : step;

			assert_int_equal(image_file_write(open[i], bytes + done[i], n, NULL), 0);
			done[i] += n;
			more |= sizes[i] - done[i];
		}
	}
	assert_int_equal(image_file_write(open[2], "x", 1, NULL), -1);
	for (int i = 0; i < 7; i++)
		assert_int_equal(image_file_end(open[i], NULL), 0);
	end(f);
	for (int i = 0; i < 7; i++) {
		struct buf b;

		snprintf(name, sizeof name, "f%d", i);
		readfs_content(f->fs, name, &b);
		assert_int_equal(b.len, sizes[i]);
		assert_memory_equal(b.data, bytes, sizes[i]);
		buf_fini(&b);
	}
	free(bytes);
}

static void keeps_attributes(void **state)
{
	struct fixture *f = *state;
	struct image_attr a = {.mode = 06755, .uid = 70000, .gid = 3, .mtime = 5000000000};
	struct ext2_inode_large in;
	char *deep = malloc(200);

	memset(deep, 'x', 199);
	deep[199] = 0;
	assert_int_equal(image_put(f->im, "suid", "x", 1, &a, NULL), 0);
	assert_int_equal(image_mkdir(f->im, "d", &a, NULL), 0);
	assert_int_equal(image_node(f->im, "d/tty", IMAGE_CHAR, 5, 1, &a, NULL), 0);
	assert_int_equal(image_node(f->im, "d/disk", IMAGE_BLOCK, 259, 70000, &a, NULL), 0);
	assert_int_equal(image_node(f->im, "d/pipe", IMAGE_FIFO, 0, 0, &a, NULL), 0);
	link_at(f, "short", "d/tty", 0);
	link_at(f, "long", deep, 0);
	put(f, "d/sys\\x2d\xff", "bytes", 0);
	end(f);
	in = readfs_stat(f->fs, "suid");
	assert_int_equal(in.i_mode, LINUX_S_IFREG | 06755);
	assert_int_equal(inode_uid(in), 70000);
	assert_int_equal(inode_gid(in), 3);
	assert_int_equal(in.i_mtime, (uint32_t)5000000000);
	assert_int_equal(in.i_mtime_extra & 3, 1);
	assert_int_equal(in.i_crtime, EPOCH);
	assert_int_equal(readfs_stat(f->fs, "d").i_mode, LINUX_S_IFDIR | 06755);
	in = readfs_stat(f->fs, "d/tty");
	assert_int_equal(in.i_mode, LINUX_S_IFCHR | 06755);
	assert_int_equal(in.i_block[0], 0x501);
	in = readfs_stat(f->fs, "d/disk"); /* as the kernel's new_encode_dev */
	assert_int_equal(in.i_block[0], 0);
	assert_int_equal(in.i_block[1], (70000 & 0xff) | 259 << 8 | (70000 & ~0xff) << 12);
	assert_int_equal(readfs_stat(f->fs, "d/pipe").i_mode, LINUX_S_IFIFO | 06755);
	readfs_link_is(f->fs, "short", "d/tty");
	readfs_link_is(f->fs, "long", deep);
	readfs_is(f->fs, "d/sys\\x2d\xff", "bytes");
	assert_string_equal((char *)f->fs->super->s_volume_name, "test");
	free(deep);
}

static void follows_links_inside(void **state)
{
	struct fixture *f = *state;
	struct image_attr a = attr(0755, 0);

	mkdir_at(f, "usr", 0755, 0);
	mkdir_at(f, "usr/bin", 0755, 0);
	link_at(f, "bin", "usr/bin", 0);
	mkdir_at(f, "bin", 0700, 0); /* meets the link: nothing changes */
	put(f, "bin/ls", "ls", 0);
	link_at(f, "abs", "/usr/bin", 0);
	put(f, "abs/cp", "cp", 0);
	link_at(f, "usr/abs", "/usr/bin", 0);
	put(f, "usr/abs/rm", "rm", 0);
	link_at(f, "out", "../../../../../../usr/bin", 0);
	put(f, "out/mv", "mv", 0);
	link_at(f, "usr/bin", "/elsewhere", 9); /* a link that meets a folder */
	link_at(f, "later", "run/made", 0);
	mkdir_at(f, "later/sub", 0711, 0); /* where a link leads is made */
	link_at(f, "loop1", "loop2", 0);
	link_at(f, "loop2", "loop1/x", 0);
	clashes(f, image_put(f->im, "loop1/y", "", 0, &a, &f->e));
	clashes(f, image_put(f->im, "bin/ls/x", "", 0, &a, &f->e));
	clashes(f, image_mkdir(f->im, "bin/ls", &a, &f->e));
	clashes(f, image_put(f->im, "usr", "", 0, &a, &f->e));
	clashes(f, image_link(f->im, "hard", "usr", 0, &f->e));
	clashes(f, image_link(f->im, "hard", "nowhere", 0, &f->e));
	assert_int_equal(image_put(f->im, "a/..", "", 0, &a, NULL), -1);
	assert_int_equal(image_put(f->im, "a/", "", 0, &a, NULL), -1);
	assert_int_equal(image_put(f->im, "", "", 0, &a, NULL), -1);
	assert_true(image_has(f->im, "out/mv"));
	assert_true(image_has(f->im, "bin"));
	assert_false(image_has(f->im, "none/x"));
	assert_false(image_has(f->im, "usr/bin/none"));
	end(f);
	readfs_link_is(f->fs, "bin", "usr/bin");
	readfs_is(f->fs, "usr/bin/ls", "ls");
	readfs_is(f->fs, "usr/bin/cp", "cp");
	readfs_is(f->fs, "usr/bin/mv", "mv");
	readfs_is(f->fs, "usr/bin/rm", "rm");
	assert_int_equal(readfs_stat(f->fs, "usr/bin").i_mode, LINUX_S_IFDIR | 0755);
	assert_int_equal(readfs_stat(f->fs, "run/made/sub").i_mode, LINUX_S_IFDIR | 0711);
}

/* Both orders of the same claims give the same. */
static void decides_by_rank(void **state)
{
	struct fixture *f = *state;
	struct image_attr low = attr(0600, 1), high = attr(0640, 2);

	put(f, "up", "first", 1);
	put(f, "up", "second", 2);
	put(f, "down", "second", 2);
	put(f, "down", "first", 1);
	put(f, "same", "a", 1);
	put(f, "same", "b", 1);
	link_at(f, "kind", "x", 1);
	put(f, "kind", "file", 2);
	put(f, "kind2", "file", 1);
	link_at(f, "kind2", "y", 2);
	mkdir_at(f, "dir1", 0700, 1);
	mkdir_at(f, "dir1", 0755, 2);
	mkdir_at(f, "dir2", 0755, 2);
	mkdir_at(f, "dir2", 0700, 1);
	put(f, "implied/file", "", 0);
	mkdir_at(f, "implied", 01777, 77);
	mkdir_at(f, "", 0711, 5);
	put(f, "name", "content", 1);
	assert_int_equal(image_link(f->im, "other", "name", 1, NULL), 0);
	assert_int_equal(image_link(f->im, "other", "name", 1, NULL), 0);
	put(f, "name", "new", 2);					/* the other name keeps the old bytes */
	assert_int_equal(image_link(f->im, "up", "other", 1, NULL), 0); /* too low */
	assert_int_equal(image_node(f->im, "n", IMAGE_FIFO, 0, 0, &high, NULL), 0);
	assert_int_equal(image_node(f->im, "n", IMAGE_CHAR, 1, 3, &low, NULL), 0);
	end(f);
	readfs_is(f->fs, "up", "second");
	readfs_is(f->fs, "down", "second");
	readfs_is(f->fs, "same", "b");
	readfs_is(f->fs, "kind", "file");
	readfs_link_is(f->fs, "kind2", "y");
	assert_int_equal(readfs_stat(f->fs, "dir1").i_mode & 07777, 0700);
	assert_int_equal(readfs_stat(f->fs, "dir2").i_mode & 07777, 0700);
	assert_int_equal(readfs_stat(f->fs, "implied").i_mode & 07777, 01777);
	assert_int_equal(readfs_stat(f->fs, "/").i_mode & 07777, 0711);
	readfs_is(f->fs, "name", "new");
	readfs_is(f->fs, "other", "content");
	assert_int_equal(readfs_stat(f->fs, "other").i_links_count, 1);
	assert_true(LINUX_S_ISFIFO(readfs_stat(f->fs, "n").i_mode));
}

/* A file that is replaced while it is written must not write over whoever has its blocks now. */
static void drops_replaced_file(void **state)
{
	static char a[100000], b[100000];
	struct fixture *f = *state;
	struct image_attr low = attr(0644, 1), high = attr(0644, 2);
	struct image_file *old, *new;
	struct buf out;

	memset(a, 'a', sizeof a);
	memset(b, 'b', sizeof b);
	old = image_file_begin(f->im, "x", sizeof a, &low, NULL);
	image_file_write(old, a, 10000, NULL);
	new = image_file_begin(f->im, "x", sizeof b, &high, NULL);
	assert_non_null(new);
	assert_int_equal(image_file_write(new, b, sizeof b, NULL), 0);
	assert_int_equal(image_file_write(old, a, sizeof a - 10000, NULL), 0);
	assert_int_equal(image_file_end(old, NULL), 0);
	assert_int_equal(image_file_end(new, NULL), 0);
	old = image_file_begin(f->im, "x", sizeof a, &low, NULL); /* of no use, but no error */
	assert_int_equal(image_file_write(old, a, sizeof a, NULL), 0);
	assert_int_equal(image_file_end(old, NULL), 0);
	end(f);
	readfs_content(f->fs, "x", &out);
	assert_memory_equal(out.data, b, sizeof b);
	assert_int_equal(out.len, sizeof b);
	buf_fini(&out);
}

static void reuses_blocks_of_replaced_file(void **state)
{
	enum { MIB = 1 << 20, OLD = 12, FILES = 24 }; /* more than fit beside the old one */
	struct fixture *f = *state;
	struct image_attr low = attr(0644, 1);
	struct image_file *old = image_file_begin(f->im, "x", OLD * MIB, &low, NULL);
	char *bytes = malloc(MIB), name[16];
	struct buf out;

	assert_non_null(old);
	put(f, "x", "", 2);
	memset(bytes, 'n', MIB);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%d", i);
		if (image_put(f->im, name, bytes, MIB, &low, &f->e))
			fail_msg("%s", f->e.text);
	}
	memset(bytes, 'o', MIB);
	for (int i = 0; i < OLD; i++)
		assert_int_equal(image_file_write(old, bytes, MIB, NULL), 0);
	assert_int_equal(image_file_end(old, NULL), 0);
	end(f);
	memset(bytes, 'n', MIB);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%d", i);
		readfs_content(f->fs, name, &out);
		assert_memory_equal(out.data, bytes, MIB);
		buf_fini(&out);
	}
	free(bytes);
}

/* Most of its groups are never touched. */
static void makes_a_large_one(void **state)
{
	struct fixture *f = *state;

	image_abandon(f->im);
	close(f->fd);
	begin(f, 3ull << 30);
	put(f, "x", "y", 0);
	end(f);
	readfs_is(f->fs, "x", "y");
	assert_true(f->fs->group_desc_count > 20);
}

static void holds_many_names(void **state)
{
	struct fixture *f = *state;
	char name[64];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "many/a-name-that-is-rather-long-%d", i);
		if (i % 3 == 0)
			put(f, name, name, 0);
		else if (i % 3 == 1)
			mkdir_at(f, name, 0755, 0);
		else
			link_at(f, name, name, 0);
	}
	end(f);
	for (int i = 0; i < 2000; i += 3) {
		snprintf(name, sizeof name, "many/a-name-that-is-rather-long-%d", i);
		readfs_is(f->fs, name, name);
	}
	assert_true(readfs_find(f->fs, "many/a-name-that-is-rather-long-1999") != 0);
	assert_int_equal(readfs_stat(f->fs, "many").i_links_count, 2 + 667);
}

/* Its bytes are not all written here, or the test would need the disk space. */
static void holds_more_than_4_gib(void **state)
{
	const uint64_t size = (5ull << 30) + 1;
	struct fixture *f = *state;
	struct image_attr a = attr(0644, 1);
	struct image_file *file;
	struct ext2_inode_large in;

	image_abandon(f->im);
	close(f->fd);
	begin(f, 6ull << 30);
	file = image_file_begin(f->im, "big", size, &a, NULL);
	assert_non_null(file);
	assert_int_equal(image_file_write(file, "x", 1, NULL), 0);
	assert_int_equal(image_file_end(file, NULL), -1);
	end(f);
	in = readfs_stat(f->fs, "big");
	assert_true(EXT2_I_SIZE(&in) == size);
}

static int count_name(struct ext2_dir_entry *entry, int offset, int size, char *block, void *arg)
{
	(void)entry;
	(void)offset;
	(void)size;
	(void)block;
	++*(unsigned *)arg;
	return 0;
}

/* A folder of several blocks has a hash index, of one level or two: e2fsck compares each name with
 * it, and nothing searches the folder from its beginning. */
static void indexes_large_folders(void **state)
{
	static const struct {
		const char *dir;
		unsigned names, len, levels;
	} dirs[] = {{"block", 150, 16, 0}, {"level", 3000, 20, 1}, {"levels", 7000, 250, 2}};
	struct fixture *f = *state;
	struct image_attr a = attr(0644, 1);
	char name[300];

	image_abandon(f->im);
	close(f->fd);
	begin(f, 400 << 20);
	for (size_t d = 0; d < 3; d++) {
		for (unsigned i = 0; i < dirs[d].names; i++) {
			snprintf(name, sizeof name, "%s/%0*u", dirs[d].dir, (int)dirs[d].len, i);
			assert_int_equal(image_node(f->im, name, IMAGE_FIFO, 0, 0, &a, NULL), 0);
		}
	}
	end(f);
	for (size_t d = 0; d < 3; d++) {
		struct ext2_inode_large in = readfs_stat(f->fs, dirs[d].dir);
		ext2_ino_t ino = readfs_find(f->fs, dirs[d].dir);
		struct ext2_dx_root_info *info;
		unsigned count = 0;
		char block[4096];
		blk64_t first;

		assert_int_equal(!!(in.i_flags & EXT2_INDEX_FL), dirs[d].levels > 0);
		assert_int_equal(in.i_size > sizeof block, dirs[d].levels > 0);
		assert_int_equal(ext2fs_dir_iterate(f->fs, ino, 0, block, count_name, &count), 0);
		assert_int_equal(count, dirs[d].names + 2);
		snprintf(name, sizeof name, "%s/%0*u", dirs[d].dir, (int)dirs[d].len, dirs[d].names - 1);
		assert_true(readfs_find(f->fs, name) != 0);
		if (!dirs[d].levels)
			continue;
		assert_int_equal(ext2fs_bmap2(f->fs, ino, NULL, NULL, 0, 0, NULL, &first), 0);
		assert_int_equal(ext2fs_read_dir_block4(f->fs, first, block, 0, ino), 0);
		info = (void *)(block + 24); /* behind "." and ".." */
		assert_int_equal(info->indirect_levels + 1, dirs[d].levels);
	}
}

/* ext4 counts at most 65000 names of a folder in its ".." links: then the count is 1. */
static void counts_links_of_many_folders(void **state)
{
	struct fixture *f = *state;
	char name[32];

	image_abandon(f->im);
	close(f->fd);
	begin(f, 1200 << 20);
	for (int i = 0; i < 65010; i++) {
		snprintf(name, sizeof name, "%s/%d", i < 64998 ? "full" : "few", i);
		mkdir_at(f, name, 0755, 0);
	}
	for (int i = 0; i < 66000 - 65010; i++) {
		snprintf(name, sizeof name, "full/x%d", i);
		mkdir_at(f, name, 0755, 0);
	}
	end(f);
	assert_int_equal(readfs_stat(f->fs, "full").i_links_count, 1);
	assert_int_equal(readfs_stat(f->fs, "few").i_links_count, 12 + 2);
}

static void has_one_lost_found(void **state)
{
	struct fixture *f = *state;
	struct image_attr a = attr(0755, 1);
	char name[300];

	put(f, "lost+found/x", "found", 1);
	mkdir_at(f, "lost+found", 0755, 0); /* its attributes stay */
	clashes(f, image_put(f->im, "lost+found", "", 0, &a, &f->e));
	for (int i = 0; i < 100; i++) { /* more than the blocks that it has in any case */
		snprintf(name, sizeof name, "lost+found/%0240d", i);
		put(f, name, "", 1);
	}
	end(f);
	readfs_is(f->fs, "lost+found/x", "found");
	assert_int_equal(readfs_stat(f->fs, "lost+found").i_mode, LINUX_S_IFDIR | 0700);
	ext2fs_free(f->fs);
	f->fs = NULL;
	begin(f, LENGTH);
	end(f);
	assert_int_equal(readfs_stat(f->fs, "lost+found").i_size, 4 * 4096);
}

/* One file over many gaps needs an extent tree; then nothing more fits. */
static void fills_gaps_and_says_full(void **state)
{
	static char block[65536];
	struct fixture *f = *state;
	struct image_attr a = attr(0644, 1);
	struct image_file *file;
	struct buf out;
	char name[16];
	int count = 0;

	memset(block, 'o', sizeof block);
	do {
		snprintf(name, sizeof name, "f%d", count);
	} while (image_put(f->im, name, block, sizeof block, &a, &f->e) == 0 && count++ < 5000);
	assert_string_equal(f->e.id, "image-full");
	assert_true(count > 20 && count < 5000);
	image_abandon(f->im);
	f->im = NULL;
	close(f->fd);
	begin(f, LENGTH); /* a full image is given up; this time with every other file made small */
	for (int i = 0; i < count - 4; i++) {
		snprintf(name, sizeof name, "f%d", i);
		assert_int_equal(image_put(f->im, name, block, sizeof block, &a, &f->e), 0);
	}
	a.rank = 2;
	for (int i = 0; i < count - 4; i += 2) {
		snprintf(name, sizeof name, "f%d", i);
		assert_int_equal(image_put(f->im, name, "", 0, &a, &f->e), 0);
	}
	file = image_file_begin(f->im, "big", 10 * sizeof block, &a, &f->e);
	assert_non_null(file);
	memset(block, 'b', sizeof block);
	for (int i = 0; i < 10; i++)
		assert_int_equal(image_file_write(file, block, sizeof block, &f->e), 0);
	assert_int_equal(image_file_end(file, &f->e), 0);
	end(f);
	assert_true(readfs_stat(f->fs, "big").i_flags & EXT4_EXTENTS_FL);
	assert_true(((struct ext3_extent_header *)readfs_stat(f->fs, "big").i_block)->eh_depth > 0);
	readfs_content(f->fs, "big", &out);
	assert_int_equal(out.len, 10 * sizeof block);
	for (int i = 0; i < 10; i++)
		assert_memory_equal(out.data + (size_t)i * sizeof block, block, sizeof block);
	buf_fini(&out);
	memset(block, 'o', sizeof block);
	readfs_content(f->fs, "f1", &out);
	assert_memory_equal(out.data, block, sizeof block);
	buf_fini(&out);
}

static void is_the_same_each_time(void **state)
{
	struct fixture *f = *state;
	uint8_t digest[2][HASH_SIZE];
	uint64_t size;

	for (int i = 0; i < 2; i++) {
		if (i)
			begin(f, LENGTH);
		put(f, "a/b/c", "text", 1);
		link_at(f, "l", "a", 1);
		mkdir_at(f, "l/d", 0700, 1);
		put(f, "a/b/c", "more", 2);
		end(f);
		ext2fs_free(f->fs);
		f->fs = NULL;
		f->fd = open(f->path, O_RDONLY);
		assert_int_equal(hash_fd(f->fd, digest[i], &size, NULL), 0);
		close(f->fd);
	}
	assert_memory_equal(digest[0], digest[1], HASH_SIZE);
}

static void refuses_unfinished(void **state)
{
	struct fixture *f = *state;
	struct image_attr a = attr(0644, 1);
	struct image_file *file = image_file_begin(f->im, "x", 10, &a, NULL);

	assert_int_equal(image_file_write(file, "123", 3, NULL), 0);
	assert_int_equal(image_file_end(file, NULL), -1);
	assert_non_null(image_file_begin(f->im, "y", 10, &a, NULL));
	assert_int_equal(image_close(f->im, &f->e), -1);
	f->im = NULL;
	close(f->fd);
}

#define WITH_IMAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_IMAGE(keeps_contents),
		WITH_IMAGE(keeps_attributes),
		WITH_IMAGE(follows_links_inside),
		WITH_IMAGE(decides_by_rank),
		WITH_IMAGE(drops_replaced_file),
		WITH_IMAGE(holds_many_names),
		WITH_IMAGE(indexes_large_folders),
		WITH_IMAGE(counts_links_of_many_folders),
		WITH_IMAGE(has_one_lost_found),
		WITH_IMAGE(fills_gaps_and_says_full),
		WITH_IMAGE(is_the_same_each_time),
		WITH_IMAGE(refuses_unfinished),
		WITH_IMAGE(makes_a_large_one),
		WITH_IMAGE(holds_more_than_4_gib),
		WITH_IMAGE(reuses_blocks_of_replaced_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
