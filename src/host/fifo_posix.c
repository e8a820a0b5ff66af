/* SPDX-License-Identifier: MIT */
/* fifo: named pipes by mkfifo(3). Only Linux can set the size of a pipe (fcntl(2)). */
#include "host/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define ROOM (1024 * 1024) /* what Linux allows every user (pipe(7), pipe-max-size) */

static int fifo_remove_one(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISFIFO(st.st_mode))
		return err_set(e, ERR_FAILED, "fifo-planted", "%s exists and is not a pipe", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, errno, "fifo-remove", "cannot remove %s", path);
	return 0;
}

static int fifo_make_one(const char *path, struct err *e)
{
	if (fifo_remove_one(path, e) < 0)
		return -1;
	if (mkfifo(path, 0600) < 0)
		return err_errno(e, errno, "fifo-make", "cannot make the pipe %s", path);
	return 0;
}

static int fifo_both(const char *path, int (*fn)(const char *path, struct err *e), struct err *e)
{
	AUTO_FREE char *in = xasprintf("%s.in", path);
	AUTO_FREE char *out = xasprintf("%s.out", path);

	return fn(in, e) < 0 || fn(out, e) < 0 ? -1 : 0;
}

int host_fifo_make(const char *path, struct err *e)
{
	return fifo_both(path, fifo_make_one, e);
}

int host_fifo_remove(const char *path, struct err *e)
{
	return fifo_both(path, fifo_remove_one, e);
}

static int fifo_open_one(const char *path, const char *which, int flags)
{
	char *name = xasprintf("%s.%s", path, which);
	int fd = open(name, flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	free(name);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int host_fifo_open(const char *path, int *in, int *out)
{
	*out = fifo_open_one(path, "in", O_WRONLY); /* fails until a process has it open for reading */
	*in = *out < 0 ? -1 : fifo_open_one(path, "out", O_RDONLY);
	if (*in < 0) {
		if (*out >= 0)
			close(*out);
		return -1;
	}
#ifdef F_SETPIPE_SZ
	fcntl(*in, F_SETPIPE_SZ, ROOM); /* if it is refused, the pipe stays smaller */
#endif
	return 0;
}
