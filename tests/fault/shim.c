/* SPDX-License-Identifier: MIT */
/*
 * shim: preloaded into a program under test, counts the calls that change files below a folder, and
 * can end the process before one of them, or let it fail. Input, by environment: SHIM_DIR, the
 * folder; SHIM_COUNT, a file of 8 bytes that all processes share; SHIM_KILL, the number of the call
 * at which to die (the process itself, by SIGKILL); SHIM_ERRNO, with which that call fails instead;
 * SHIM_ON, anything: so do all that follow; SHIM_OP, names of calls with a comma behind each: no
 * others count (close and the locks do only when they are named); SHIM_LOG, a file that gets a line
 * for each call: OP PATH [TO]. Must change nothing else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_ulong *counter;
static unsigned long fatal;
static int failure; /* 0: the process dies */
static bool goes_on;
static const char *top;
static const char *ops; /* NULL: all but those that change nothing */
static int log_fd = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *count = getenv("SHIM_COUNT");
	const char *kill_at = getenv("SHIM_KILL");
	const char *error = getenv("SHIM_ERRNO");
	const char *log_path = getenv("SHIM_LOG");
	int fd = count ? REAL(open)(count, O_RDWR | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		REAL(close)(fd);
	}
	if (p == MAP_FAILED)
		return;
	counter = p;
	fatal = kill_at ? strtoul(kill_at, NULL, 10) : 0;
	failure = error ? (int)strtol(error, NULL, 10) : 0;
	goes_on = getenv("SHIM_ON") != NULL;
	ops = getenv("SHIM_OP");
	if (log_path) { /* beyond those that a new process closes */
		fd = REAL(open)(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
		log_fd = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 500);
		REAL(close)(fd);
	}
	top = getenv("SHIM_DIR");
}

/* Whole path of a name below a folder's descriptor. */
static void whole(int dir, const char *path, char out[8192])
{
	char link[64], base[4096] = ".";
	ssize_t n;

	if (*path == '/') {
		snprintf(out, 8192, "%s", path);
		return;
	}
	if (dir != AT_FDCWD) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
		n = readlink(link, base, sizeof(base) - 1);
		base[n < 0 ? 0 : n] = '\0';
	} else if (!getcwd(base, sizeof(base))) {
		base[0] = '\0';
	}
	snprintf(out, 8192, "%s/%s", base, path);
}

static bool counts(const char *op)
{
	const char *at = ops ? strstr(ops, op) : NULL;

	if (!ops)
		return strcmp(op, "close") && strcmp(op, "flock") && strcmp(op, "fcntl");
	return at && at[strlen(op)] == ',' && (at == ops || at[-1] == ',');
}

/* True: the call is to fail, and errno says how. */
static bool note(const char *op, const char *path, const char *to)
{
	unsigned long n;
	char line[16500];
	int len;

	if (!counter || !top || strncmp(path, top, strlen(top)) || !counts(op))
		return false;
	n = atomic_fetch_add(counter, 1) + 1;
	if (n == fatal && !failure)
		kill(getpid(), SIGKILL);
	len = snprintf(line, sizeof(line), "%s\t%s\t%s\n", op, path, to);
	if (log_fd >= 0 && REAL(write)(log_fd, line, (size_t)len) < 0)
		_exit(96);
	if (!failure || !fatal || n < fatal || (n > fatal && !goes_on))
		return false;
	errno = failure;
	return true;
}

static bool note_fd(const char *op, int fd)
{
	char link[64], path[4096];
	ssize_t n;
	int saved = errno;

	if (!counter)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	errno = saved;
	if (n <= 0)
		return false;
	path[n] = '\0';
	return note(op, path, "");
}

static bool note_at(const char *op, int dir, const char *path)
{
	char full[8192];

	whole(dir, path, full);
	return note(op, full, "");
}

static bool note_two(const char *op, int dir, const char *path, int dir2, const char *path2)
{
	char full[8192], full2[8192];

	whole(dir, path, full);
	whole(dir2, path2, full2);
	return note(op, full, full2);
}

#define ON_FD(ret, name, params, call, fd)                                                                             \
	ret name params                                                                                                \
	{                                                                                                              \
		return note_fd(#name, fd) ? -1 : REAL(name) call;                                                      \
	}
#define ON_PATH(ret, name, params, call, dir, path)                                                                    \
	ret name params                                                                                                \
	{                                                                                                              \
		return note_at(#name, dir, path) ? -1 : REAL(name) call;                                               \
	}
#define ON_TWO(name, params, call, dir, path, dir2, path2)                                                             \
	int name params                                                                                                \
	{                                                                                                              \
		return note_two(#name, dir, path, dir2, path2) ? -1 : REAL(name) call;                                 \
	}

ON_FD(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), fd)
ON_FD(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), fd)
ON_FD(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at), fd)
ON_FD(int, ftruncate, (int fd, off_t n), (fd, n), fd)
ON_FD(int, ftruncate64, (int fd, off64_t n), (fd, n), fd)
ON_FD(int, fsync, (int fd), (fd), fd)
ON_FD(int, fdatasync, (int fd), (fd), fd)
ON_FD(int, flock, (int fd, int how), (fd, how), fd)
ON_FD(int, fchmod, (int fd, mode_t m), (fd, m), fd)
ON_PATH(int, chmod, (const char *path, mode_t m), (path, m), AT_FDCWD, path)
ON_PATH(int, mkdir, (const char *path, mode_t m), (path, m), AT_FDCWD, path)
ON_PATH(int, unlink, (const char *path), (path), AT_FDCWD, path)
ON_PATH(int, rmdir, (const char *path), (path), AT_FDCWD, path)
ON_PATH(int, unlinkat, (int d, const char *path, int f), (d, path, f), d, path)
ON_TWO(rename, (const char *a, const char *b), (a, b), AT_FDCWD, a, AT_FDCWD, b)
ON_TWO(renameat, (int d, const char *a, int e, const char *b), (d, a, e, b), d, a, e, b)
ON_TWO(link, (const char *a, const char *b), (a, b), AT_FDCWD, a, AT_FDCWD, b)

#define OPENING(name, dir_param, dir, real_call)                                                                       \
	int name(dir_param const char *path, int flags, ...)                                                           \
	{                                                                                                              \
		mode_t mode = 0;                                                                                       \
		va_list ap;                                                                                            \
                                                                                                                       \
		va_start(ap, flags);                                                                                   \
		if (flags & (O_CREAT | O_TMPFILE))                                                                     \
			mode = va_arg(ap, mode_t);                                                                     \
		va_end(ap);                                                                                            \
		if (flags & (O_CREAT | O_TRUNC) && note_at(flags & O_TRUNC ? "truncate" : "create", dir, path))        \
			return -1;                                                                                     \
		return REAL(name) real_call;                                                                           \
	}
#define DIR_PARAM int d,
#define NO_PARAM
OPENING(open, NO_PARAM, AT_FDCWD, (path, flags, mode))
OPENING(open64, NO_PARAM, AT_FDCWD, (path, flags, mode))
OPENING(openat, DIR_PARAM, d, (d, path, flags, mode))
OPENING(openat64, DIR_PARAM, d, (d, path, flags, mode))

/* The descriptor is gone in any case. */
int close(int fd)
{
	bool fails = note_fd("close", fd);
	int saved = errno;
	int r = REAL(close)(fd);

	if (!fails)
		return r;
	errno = saved;
	return -1;
}

/* Record locks alone; the last argument has the size of a pointer, whatever it is. */
#define FCNTL(name)                                                                                                    \
	int name(int fd, int cmd, ...)                                                                                 \
	{                                                                                                              \
		void *arg;                                                                                             \
		va_list ap;                                                                                            \
                                                                                                                       \
		va_start(ap, cmd);                                                                                     \
		arg = va_arg(ap, void *);                                                                              \
		va_end(ap);                                                                                            \
		if ((cmd == F_OFD_SETLK || cmd == F_SETLK) && note_fd("fcntl", fd))                                    \
			return -1;                                                                                     \
		return REAL(name)(fd, cmd, arg);                                                                       \
	}
FCNTL(fcntl)
FCNTL(fcntl64)
