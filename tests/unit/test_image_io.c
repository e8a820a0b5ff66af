/* SPDX-License-Identifier: MIT */
/* image_io: what libext2fs reads is what it wrote last, in pieces of any size, and all of it is in the file at the end.
 */
#include "../lib/check.h"

#include "../../src/image/image_io.h"

#define OFFSET 5000
#define BLOCK 1024
#define BLOCKS 64 /* four times as many as are kept */
#define SIZE ((size_t)BLOCK * BLOCKS)
#define ROUNDS 20000

struct fixture {
	char *dir, *path;
	int fd;
	io_channel io;
	unsigned char model[SIZE];
	uint64_t random;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = check_tmpdir();
	f->path = file_join(f->dir, "image");
	f->fd = file_open(f->path, FILE_READ | FILE_ENSURE);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, OFFSET + (off_t)SIZE), 0);
	f->random = 88172645463325252u;
	assert_int_equal(image_io_begin(f->fd, OFFSET)->open("image", IO_FLAG_RW, &f->io), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	free(f->path);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

/* xorshift64 */
static unsigned pick(struct fixture *f, unsigned below)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (unsigned)(f->random % below);
}

static void fill(struct fixture *f, unsigned char *data, size_t n)
{
	memset(data, (int)pick(f, 256), n);
	data[0] = (unsigned char)pick(f, 256);
}

/* One access of a kind and size by chance; reads are compared with the model. */
static void access_once(struct fixture *f)
{
	struct struct_io_manager *m = f->io->manager;
	unsigned block = pick(f, BLOCKS), most = BLOCKS - block;
	bool single = pick(f, 100) > 1; /* all others empty what is kept */
	int count = single ? 1 : (int)pick(f, most < 5 ? most : 5) + 1;
	int bytes = single || pick(f, 4) ? 0 : (int)pick(f, BLOCK) + 1; /* of a negative count */
	size_t at = (size_t)block * BLOCK, n = bytes ? (size_t)bytes : (size_t)count * BLOCK;
	unsigned char data[5 * BLOCK];

	switch (single ? 3 + pick(f, 9) : pick(f, 12)) {
	case 0:
		assert_int_equal(m->zeroout(f->io, block, (unsigned long long)count), 0);
		memset(f->model + at, 0, (size_t)count * BLOCK);
		break;
	case 1:
		fill(f, data, n);
		assert_int_equal(m->write_byte(f->io, at, (int)n, data), 0);
		memcpy(f->model + at, data, n);
		break;
	case 2:
		assert_int_equal(m->flush(f->io), 0);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		fill(f, data, n);
		assert_int_equal(m->write_blk64(f->io, block, bytes ? -bytes : count, data), 0);
		memcpy(f->model + at, data, n);
		break;
	default:
		assert_int_equal(m->read_blk64(f->io, block, bytes ? -bytes : count, data), 0);
		assert_memory_equal(data, f->model + at, n);
	}
}

static void reads_what_was_written(void **state)
{
	struct fixture *f = *state;
	static unsigned char whole[SIZE];

	for (int i = 0; i < ROUNDS; i++)
		access_once(f);
	memset(f->model, 'z', BLOCK);
	assert_int_equal(f->io->manager->write_blk64(f->io, 0, 1, f->model), 0); /* close alone writes it */
	assert_int_equal(f->io->manager->close(f->io), 0);
	assert_int_equal(file_read_at(f->fd, whole, SIZE, OFFSET), SIZE);
	assert_memory_equal(whole, f->model, SIZE);
}

/* Another size of blocks gives the same bytes other numbers. */
static void changes_the_size_of_blocks(void **state)
{
	struct fixture *f = *state;
	struct struct_io_manager *m = f->io->manager;
	unsigned char data[4096], got[1024];

	memset(data, 'a', sizeof data);
	memset(data + 2048, 'b', 1024);
	assert_int_equal(m->set_blksize(f->io, 4096), 0);
	assert_int_equal(m->write_blk64(f->io, 1, 1, data), 0);
	assert_int_equal(m->set_blksize(f->io, 1024), 0);
	assert_int_equal(m->read_blk64(f->io, 6, 1, got), 0);
	assert_memory_equal(got, data + 2048, 1024);
	assert_int_equal(m->set_blksize(f->io, 1 << 20), EXT2_ET_INVALID_ARGUMENT);
	assert_int_equal(m->close(f->io), 0);
}

static void refuses_what_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct struct_io_manager *m = f->io->manager;
	unsigned char data[2 * BLOCK];

	assert_int_equal(m->read_blk64(f->io, BLOCKS, 1, data), EXT2_ET_SHORT_READ);
	assert_int_equal(m->read_blk64(f->io, BLOCKS - 1, 2, data), EXT2_ET_SHORT_READ);
	assert_int_equal(m->read_blk64(f->io, BLOCKS - 1, 1, data), 0);
	assert_int_equal(m->close(f->io), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(changes_the_size_of_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
