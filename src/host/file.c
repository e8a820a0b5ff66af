/* SPDX-License-Identifier: MIT */
/*
 * file: what does not differ by host; file_posix.c and file_win.c have the rest. Writing goes through PATH.part, fsync,
 * rename and an fsync of the folder. A part file is created with FILE_NEW after an old one was unlinked, so that
 * nothing planted at its name is ever written through. Its writer holds a lock on it, which distinguishes it from a
 * leftover.
 */
#include "host/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "file_priv.h"

#define PARTS_MAX 64 /* concurrent writers of one file */

int file_open(const char *path, unsigned intent)
{
	return file_open_mode(path, intent, 0600);
}

int file_read(const char *path, size_t cap, struct buf *out, struct err *e)
{
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	struct stat st;
	struct buf b;
	ssize_t n;
	char *p;

	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "file-missing" : "file-read", "cannot read %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_FAILED, "file-type", "%s is not a regular file", path);
	}
	buf_init(&b, cap + 1);
	for (;;) {
		size_t want = cap + 1 - b.len < 65536 ? cap + 1 - b.len : 65536;

		p = buf_reserve(&b, want);
		n = want ? read(fd, p, want) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		b.len += (size_t)n;
		b.data[b.len] = '\0';
	}
	close(fd);
	if (n < 0 || b.len > cap) {
		int saved = errno;

		buf_fini(&b);
		if (n < 0)
			return err_errno(e, saved, "file-read", "cannot read %s", path);
		return err_set(e, ERR_FAILED, "file-large", "%s is larger than %zu bytes", path, cap);
	}
	*out = b;
	return 0;
}

int file_write_all(int fd, const void *data, size_t n, const char *name, struct err *e)
{
	const char *p = data;
	ssize_t w;

	while (n) {
		w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_errno(e, errno, "file-write", "cannot write %s", name);
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static char *file_part_name(const char *path, int number)
{
	return number == 1 ? xasprintf("%s.part", path) : xasprintf("%s.%d.part", path, number);
}

/* Removes a part file without a writer. Returns false with errno, EBUSY if it has one. Without the lock it removes
 * only what cannot be opened, such as a link: a name that was free when it was opened may be a writer's by now. */
static bool file_part_remove(const char *part)
{
	int fd = file_open(part, FILE_READ);
	bool gone = fd < 0 && errno == ENOENT;
	bool busy = fd >= 0 && file_lock(fd, true) == EWOULDBLOCK;
	bool removed =
		gone || (!busy && ((fd >= 0 && !file_is_still(fd, part)) || unlink(part) == 0 || errno == ENOENT));
	int failed = busy ? EBUSY : errno;

	if (fd >= 0)
		close(fd);
	errno = failed;
	return removed;
}

/* Creates a file of that name and locks it. Returns -1 with errno; EEXIST and EBUSY: it is another writer's. */
static int file_part_create(const char *part, mode_t mode)
{
	int fd = file_open_mode(part, FILE_READ | FILE_NEW, mode);

	/* until it is locked, another process may consider it a leftover */
	if (fd >= 0 && (file_lock(fd, true) == EWOULDBLOCK || !file_is_still(fd, part))) {
		close(fd);
		errno = EBUSY;
		return -1;
	}
	return fd;
}

/* Returns the name of the part file that is open as fd, or NULL if it has none; the caller frees it. */
static char *file_part_of(const char *path, int fd)
{
	for (int number = 1; number <= PARTS_MAX; number++) {
		char *part = file_part_name(path, number);

		if (file_is_still(fd, part))
			return part;
		free(part);
	}
	return NULL;
}

int file_begin(const char *path, mode_t mode, int *fd, struct err *e)
{
	bool left = true; /* leftovers of killed writers are removed, up to the first gap */
	char *part = NULL;
	int r = 0;

	*fd = -1;
	for (int number = 1; !r && number <= PARTS_MAX && (*fd < 0 || left); number++) {
		struct stat st;

		free(part);
		part = file_part_name(path, number);
		left = lstat(part, &st) == 0;
		if (left && !file_part_remove(part) && errno != EBUSY && *fd < 0)
			r = err_errno(e, errno, "file-part", "cannot remove the old %s", part);
		else if (*fd < 0 && (*fd = file_part_create(part, mode)) < 0 && errno != EEXIST && errno != EBUSY)
			r = err_errno(e, errno, "file-create", "cannot create %s", part);
	}
	if (!r && *fd < 0)
		r = err_set(e, ERR_BUSY, "busy", "%s is being written by %d others", path, PARTS_MAX);
	free(part);
	return r;
}

int file_sync_path(const char *path, struct err *e)
{
	AUTO_CLOSE int fd = file_open(path, FILE_READ | FILE_FOLLOW);

	if (fd < 0)
		return err_errno(e, errno, "file-sync", "cannot open %s", path);
	return file_sync(fd) < 0 ? err_errno(e, errno, "file-sync", "cannot sync %s", path) : 0;
}

int file_rename(const char *from, const char *to, struct err *e)
{
	AUTO_FREE char *dir = file_dirname(to);

	if (file_move(from, to) < 0)
		return err_errno(e, errno, "file-rename", "cannot rename %s to %s", from, to);
	return file_sync_path(dir, e);
}

int file_commit(const char *path, int fd, struct err *e)
{
	char *part = file_part_of(path, fd);
	int hold = dup(fd); /* keeps the lock until the file has its name */
	int failed = 0;
	int r;

	if (file_sync(fd) < 0 && !failed)
		failed = errno;
	if (close(fd) < 0 && !failed)
		failed = errno;
	if (!part)
		r = err_errno(e, ENOENT, "file-sync", "cannot finish %s", path);
	else if (failed)
		r = err_errno(e, failed, "file-sync", "cannot finish %s", part);
	else
		r = file_rename(part, path, e);
	if (r < 0 && part)
		unlink(part);
	if (hold >= 0)
		close(hold);
	free(part);
	return r;
}

void file_abandon(const char *path, int fd)
{
	AUTO_FREE char *part = file_part_of(path, fd);

	if (part)
		unlink(part);
	close(fd);
}

int file_write(const char *path, const void *data, size_t n, mode_t mode, struct err *e)
{
	int fd;

	if (file_begin(path, mode, &fd, e) < 0)
		return -1;
	if (file_write_all(fd, data, n, path, e) < 0) {
		file_abandon(path, fd);
		return -1;
	}
	return file_commit(path, fd, e);
}

/* Copies all of in to out, with holes for blocks of zeros. */
static int file_copy_blocks(int in, int out, const char *name, int (*step)(uint64_t bytes, void *arg, struct err *e),
			    void *arg, struct err *e)
{
	static const char zeros[65536];
	char block[sizeof(zeros)];
	off_t size = 0;
	ssize_t n;

	while ((n = read(in, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "file-read", "cannot read %s", name);
		size += n;
		if (memcmp(block, zeros, (size_t)n) == 0) {
			if (lseek(out, n, SEEK_CUR) < 0)
				return err_errno(e, errno, "file-write", "cannot write a copy of %s", name);
		} else if (file_write_all(out, block, (size_t)n, name, e) < 0) {
			return -1;
		}
		if (step && step((uint64_t)n, arg, e) < 0)
			return -1;
	}
	if (ftruncate(out, size) < 0)
		return err_errno(e, errno, "file-write", "cannot write a copy of %s", name);
	return 0;
}

int file_copy_sparse(const char *from, const char *to, mode_t mode, struct err *e)
{
	return file_copy_watched(from, to, mode, NULL, NULL, e);
}

int file_copy_watched(const char *from, const char *to, mode_t mode,
		      int (*step)(uint64_t bytes, void *arg, struct err *e), void *arg, struct err *e)
{
	AUTO_CLOSE int in = file_open(from, FILE_READ | FILE_FOLLOW);
	int out;

	if (in < 0)
		return err_errno(e, errno, "file-read", "cannot read %s", from);
	if (file_begin(to, mode, &out, e) < 0)
		return -1;
	if (file_copy_blocks(in, out, from, step, arg, e) < 0) {
		file_abandon(to, out);
		return -1;
	}
	return file_commit(to, out, e);
}

int file_not_folder(const char *path, struct err *e)
{
	err_set(e, ERR_FAILED, "folder-type", "%s exists and is not a folder", path);
	return err_hint(e, "rename or remove it, or choose another folder");
}

int file_mkdirs(const char *path, struct err *e)
{
	AUTO_FREE char *copy = xstrdup(path);

	for (char *p = copy + 1; *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (file_mkdir_one(copy, false, e) < 0)
			return -1;
		*p = '/';
	}
	return file_mkdir_one(copy, true, e);
}

void file_auto_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

bool file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

uint64_t file_usage(const char *path)
{
	struct stat st;
	struct dirent *entry;
	uint64_t bytes;
	DIR *d;

	if (lstat(path, &st) < 0)
		return 0;
	bytes = (uint64_t)st.st_blocks * 512;
	if (!S_ISDIR(st.st_mode))
		return bytes / (st.st_nlink ? (uint64_t)st.st_nlink : 1);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		AUTO_FREE char *inner = file_join(path, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			bytes += file_usage(inner);
	}
	if (d)
		closedir(d);
	return bytes;
}

char *file_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return xasprintf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}
