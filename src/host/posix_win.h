/* SPDX-License-Identifier: MIT */
/*
 * posix_win: the POSIX names that files outside of src/host use and the UCRT lacks, or has with other semantics.
 * config.h includes it on Windows, before everything else. It holds names alone: what behaves differently has a
 * function in include/host instead.
 *
 * - struct stat has the file's 64-bit identity, its allocated size and times in 100 ns; modes are 0700 or 0600 and the
 *   owner is always this user (access control lists, which say more, are inherited from the user's own folders).
 * - chmod and fchmod succeed without effect.
 * - Flags that Windows has no use for are 0. Signals that never arrive have libuv's numbers.
 */
#ifndef HOST_POSIX_WIN_H
#define HOST_POSIX_WIN_H

/* Windows 10, which has what the files for Windows use; without the rarely used parts of windows.h. */
#define _WIN32_WINNT 0x0A00
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* gmtime_r and localtime_r */
#endif

#include <direct.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#undef stat
#undef fstat
#undef lstat
#undef ftruncate
struct posix_win_stat {
	uint64_t st_dev, st_ino;
	mode_t st_mode;
	unsigned st_nlink, st_uid, st_gid;
	off_t st_size;
	uint64_t st_blocks; /* of 512 bytes */
	struct timespec st_mtim;
};
#define st_mtime st_mtim.tv_sec
int posix_win_stat(const char *path, struct posix_win_stat *out);
int posix_win_lstat(const char *path, struct posix_win_stat *out);
int posix_win_fstat(int fd, struct posix_win_stat *out);
int posix_win_truncate(int fd, off_t size); /* writes no zeros: what is added is a hole */
int posix_win_mkdir(const char *path);
int posix_win_chmod(const char *path);
#define stat posix_win_stat
#define lstat posix_win_lstat
#define fstat posix_win_fstat
#define ftruncate posix_win_truncate
#define mkdir(path, mode) posix_win_mkdir(path)
#define chmod(path, mode) ((void)(mode), posix_win_chmod(path))
#define fchmod(fd, mode) ((void)(fd), (void)(mode), 0)

#define S_IFLNK 0120000
#define S_ISLNK(mode) (((mode)&S_IFMT) == S_IFLNK)
#define S_ISSOCK(mode) ((void)(mode), 0)
#define S_ISVTX 01000

int posix_win_unlink(const char *path); /* also of what is open */
#define unlink posix_win_unlink
int link(const char *from, const char *to);
int symlink(const char *target, const char *path);
ssize_t readlink(const char *path, char *out, size_t size);
char *realpath(const char *path, char *unused); /* with slashes, allocated; `unused` is NULL */
char *mkdtemp(char *pattern);
#define AT_FDCWD (-100)
#define UTIME_OMIT ((1L << 30) - 2)
int utimensat(int at, const char *path, const struct timespec times[2],
	      int flags); /* `at` is AT_FDCWD; times[1] alone */
int futimens(int fd, const struct timespec times[2]);
unsigned geteuid(void);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);

char *posix_win_strcasestr(const char *s, const char *part); /* a library has one of that name */
#define strcasestr posix_win_strcasestr
char *strchrnul(const char *s, int c); /* libsolv calls it */
void *memmem(const void *p, size_t n, const void *part, size_t length);
int wcwidth(wchar_t c);

#define O_CLOEXEC O_NOINHERIT
#define O_NONBLOCK 0
#define O_NOCTTY 0
#define O_NOFOLLOW 0
#define O_DIRECTORY 0
#define EDQUOT 10069 /* winsock's */
#define SIGHUP 1
#define SIGQUIT 3
#define SIGKILL 9
#define SIGWINCH 28

#endif
