/* SPDX-License-Identifier: MIT */
/* readfs: what tests look at in a file system that was written: libext2fs reads, e2fsck judges. */
#ifndef TESTS_UNIT_READFS_H
#define TESTS_UNIT_READFS_H

#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "../lib/check.h"
#include "base/buf.h"

static inline ext2_filsys readfs_open(const char *path, uint64_t offset)
{
	ext2_filsys fs;
	char options[64];

	snprintf(options, sizeof options, "offset=%llu", (unsigned long long)offset);
	assert_int_equal(ext2fs_open2(path, options, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs), 0);
	return fs;
}

/* Links are followed in all but the last part. 0: not there. */
static inline ext2_ino_t readfs_find(ext2_filsys fs, const char *path)
{
	ext2_ino_t ino;

	return ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &ino) ? 0 : ino;
}

static inline struct ext2_inode_large readfs_stat(ext2_filsys fs, const char *path)
{
	struct ext2_inode_large in;
	ext2_ino_t ino = readfs_find(fs, path);

	if (!ino)
		fail_msg("%s is not in the image", path);
	assert_int_equal(ext2fs_read_inode_full(fs, ino, (struct ext2_inode *)&in, sizeof in), 0);
	return in;
}

static inline void readfs_content(ext2_filsys fs, const char *path, struct buf *out)
{
	struct ext2_inode_large in = readfs_stat(fs, path);
	ext2_file_t f;
	unsigned got;
	char p[65536];

	buf_init(out, 0);
	assert_true(LINUX_S_ISREG(in.i_mode));
	assert_int_equal(ext2fs_file_open(fs, readfs_find(fs, path), 0, &f), 0);
	do {
		assert_int_equal(ext2fs_file_read(f, p, sizeof p, &got), 0);
		buf_add(out, p, got);
	} while (got > 0);
	ext2fs_file_close(f);
	assert_int_equal(out->len, EXT2_I_SIZE(&in));
}

static inline void readfs_is(ext2_filsys fs, const char *path, const char *content)
{
	struct buf b;

	readfs_content(fs, path, &b);
	assert_string_equal(b.data, content);
	buf_fini(&b);
}

static inline void readfs_link_is(ext2_filsys fs, const char *path, const char *target)
{
	struct ext2_inode_large in = readfs_stat(fs, path);

	assert_true(LINUX_S_ISLNK(in.i_mode));
	assert_int_equal(in.i_size, strlen(target));
	if (in.i_size < 60) /* a longer one has a block */
		assert_string_equal((const char *)in.i_block, target);
}

/* e2fsck finds nothing to say; without e2fsck here nothing is judged. */
static inline void readfs_check(const char *path, uint64_t offset)
{
	static const char *const tools[] = {"/sbin/e2fsck", "/usr/sbin/e2fsck"};
	char arg[4096];
	int status;
	pid_t pid;

	snprintf(arg, sizeof arg, "%s?offset=%llu", path, (unsigned long long)offset);
	for (size_t i = 0; i < 2; i++) {
		if (access(tools[i], X_OK))
			continue;
		pid = fork();
		if (pid == 0) {
			int null = open("/dev/null", O_WRONLY);

			dup2(null, 1);
			dup2(null, 2);
			execl(tools[i], tools[i], "-fn", arg, (char *)NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		return;
	}
}

#endif
