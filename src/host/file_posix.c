/* SPDX-License-Identifier: MIT */
/* file_posix: what file.c needs of a POSIX system: opening, locks, identity, folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "file_priv.h"
#include "host/file.h"

/* Returns whether open refuses a link with that errno, where it is not POSIX's ELOOP: EMLINK on FreeBSD, EFTYPE on
 * NetBSD. */
static bool file_posix_is_link_error(int failed)
{
#ifdef EFTYPE
	if (failed == EFTYPE)
		return true;
#endif
	return failed == EMLINK;
}

int file_open_mode(const char *path, unsigned intent, mode_t mode)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd;

	flags |= !(intent & FILE_WRITE) ? O_RDONLY : intent & FILE_READ ? O_RDWR : O_WRONLY;
	if (!(intent & FILE_FOLLOW))
		flags |= O_NOFOLLOW;
	if ((intent & FILE_APPEND) == FILE_APPEND)
		flags |= O_APPEND;
	if ((intent & FILE_ENSURE) == FILE_ENSURE)
		flags |= O_CREAT;
	if ((intent & FILE_NEW) == FILE_NEW)
		flags |= O_EXCL;
	if ((intent & FILE_TRUNCATE) == FILE_TRUNCATE)
		flags |= O_TRUNC;
	fd = open(path, flags, mode);
	if (fd < 0 && flags & O_NOFOLLOW && file_posix_is_link_error(errno))
		errno = ELOOP;
	return fd;
}

int file_open_null(unsigned intent)
{
	return file_open_mode("/dev/null", intent, 0);
}

int file_dup(int fd, int lowest)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, lowest);
}

bool file_name_matches(const char *pattern, const char *name)
{
	return fnmatch(pattern, name, 0) == 0;
}

int file_open_nameless(const char *dir)
{
	AUTO_FREE char *path = file_join(dir, "unpack-XXXXXX");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
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
#ifdef F_FULLFSYNC /* on macOS fsync leaves it in the cache of the drive; not every file system has this */
	if (fcntl(fd, F_FULLFSYNC) == 0)
		return 0;
#endif
	/* the errors of file systems that cannot sync such a file, and of hosts that cannot sync a folder */
	return fsync(fd) == 0 || errno == EINVAL || errno == EBADF || errno == ENOTSUP ? 0 : -1;
}

void file_sync_all(void)
{
	sync();
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

int file_move(const char *from, const char *to)
{
	return rename(from, to);
}

int file_mkdir_one(const char *path, bool last, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, errno, "folder-create", "cannot create the folder %s", path);
	if (stat(path, &st) < 0)
		return err_errno(e, errno, "folder-create", "cannot examine %s", path);
	if (!S_ISDIR(st.st_mode))
		return file_not_folder(path, e);
	if (!last)
		return 0;
	if (st.st_uid != geteuid() || (st.st_mode & 022)) {
		err_set(e, ERR_FAILED, "folder-unsafe", "the folder %s is owned by another user or writable by others",
			path);
		return err_hint(e, "chmod go-w it, or choose another with XDG_DATA_HOME and its like");
	}
	return 0;
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

char *file_socket_name(const char *path)
{
	return xstrdup(path);
}

bool file_is_absolute(const char *path)
{
	return *path == '/';
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
