/* SPDX-License-Identifier: MIT */
/*
 * file: files of POSIX systems. Writing goes through PATH.part, fsync, rename and an fsync of the folder. A part
 * file is created with O_EXCL and O_NOFOLLOW after an old one was unlinked, so that nothing planted at its name is
 * ever written through. Its writer holds a lock on it, which distinguishes it from a leftover.
 */
#include "host/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"

#define PARTS_MAX 64 /* concurrent writers of one file */

static int file_open_mode(const char *path, unsigned intent, mode_t mode)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	flags |= !(intent & FILE_WRITE) ? O_RDONLY : intent & FILE_READ ? O_RDWR : O_WRONLY;
	if (!(intent & FILE_FOLLOW))
		flags |= O_NOFOLLOW;
	if ((intent & FILE_APPEND) == FILE_APPEND)
		flags |= O_APPEND;
	if ((intent & FILE_CREATE) == FILE_CREATE)
		flags |= O_CREAT;
	if ((intent & FILE_NEW) == FILE_NEW)
		flags |= O_EXCL;
	if ((intent & FILE_TRUNCATE) == FILE_TRUNCATE)
		flags |= O_TRUNC;
	return open(path, flags, mode);
}

int file_open(const char *path, unsigned intent)
{
	return file_open_mode(path, intent, 0600);
}

int file_open_nameless(const char *dir)
{
	AUTO_FREE char *path = file_join(dir, "unpack-XXXXXX");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
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

int file_write_at(int fd, const void *data, size_t n, uint64_t at)
{
	const char *p = data;

	while (n) {
		ssize_t w = pwrite(fd, p, n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		at += (uint64_t)w;
		n -= (size_t)w;
	}
	return 0;
}

ssize_t file_read_at(int fd, void *data, size_t n, uint64_t at)
{
	char *p = data;
	size_t done = 0;

	while (done < n) {
		ssize_t r = pread(fd, p + done, n - done, (off_t)(at + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int file_sync(int fd)
{
	/* the errors of file systems that cannot sync such a file, and of hosts that cannot sync a folder */
	return fsync(fd) == 0 || errno == EINVAL || errno == EBADF || errno == ENOTSUP ? 0 : -1;
}

/* Bound to the open file if the host has such locks: then closing another descriptor of the same file does not
 * release ours. */
#ifdef F_OFD_SETLK
#define RECORD_LOCK F_OFD_SETLK
#else
#define RECORD_LOCK F_SETLK
#endif

int file_lock(int fd, bool exclusive)
{
	struct flock record = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	int failed, r;

	do
		r = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
	while (r < 0 && errno == EINTR);
	if (!r || errno == EWOULDBLOCK)
		return r ? EWOULDBLOCK : 0;
	if (fcntl(fd, RECORD_LOCK, &record) == 0)
		return 0;
	failed = errno;
	return failed == EACCES || failed == EAGAIN ? EWOULDBLOCK : failed;
}

bool file_is_still(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && file_is_same(&a, &b);
}

bool file_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
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

int file_move(const char *from, const char *to)
{
	return rename(from, to);
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

static int file_mkdir_one(const char *path, bool last, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, errno, "folder-create", "cannot create the folder %s", path);
	if (stat(path, &st) < 0)
		return err_errno(e, errno, "folder-create", "cannot examine %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_FAILED, "folder-type", "%s exists and is not a folder", path);
	if (!last)
		return 0;
	if (st.st_uid != geteuid() || (st.st_mode & 022)) {
		err_set(e, ERR_FAILED, "folder-unsafe", "the folder %s is owned by another user or writable by others",
			path);
		return err_hint(e, "chmod go-w it, or choose another with XDG_DATA_HOME and its like");
	}
	return 0;
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

/* Removes the content of the folder that is open as fd; closes fd. */
static int file_empty_folder(int fd, const char *name, struct err *e)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int child;
	int r = 0;

	if (!dir) {
		r = err_errno(e, errno, "remove", "cannot list %s", name);
		close(fd);
		return r;
	}
	while (!r && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			continue;
		child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0 && errno == EACCES && fchmodat(dirfd(dir), entry->d_name, 0700, 0) == 0)
			child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0 && errno == ENOENT)
			continue; /* another process removes it, too */
		if (child < 0) {
			r = err_errno(e, errno, "remove", "cannot remove %s/%s", name, entry->d_name);
			break;
		}
		fchmod(child, 0700);
		r = file_empty_folder(child, entry->d_name, e);
		if (!r && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			r = err_errno(e, errno, "remove", "cannot remove %s/%s", name, entry->d_name);
	}
	closedir(dir);
	return r;
}

int file_remove_tree(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && chmod(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT || unlink(path) == 0)
			return 0;
		return err_errno(e, errno, "remove", "cannot remove %s", path);
	}
	fchmod(fd, 0700);
	if (file_empty_folder(fd, path, e) < 0)
		return -1;
	if (rmdir(path) < 0 && errno != ENOENT)
		return err_errno(e, errno, "remove", "cannot remove %s", path);
	return 0;
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

char *file_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return xasprintf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

char *file_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

const char *file_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *file_absolute(const char *path)
{
	char *cwd;
	char *whole;

	if (*path == '/')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	whole = file_join(cwd ? cwd : ".", path);
	free(cwd);
	return whole;
}
