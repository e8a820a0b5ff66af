/* SPDX-License-Identifier: MIT */
/*
 * lock: exclusive and shared locks among processes. The file is not removed by lock_release, so that two processes
 * cannot hold locks on two files of the same name; its text (pid, a blank, what) is only for messages.
 */
#include "host/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/proc.h"

#define HOLDER_MAX 200
/* How long an unnamed holder may take to write its name, or a check of the lock may last. */
#define HOLDER_ATTEMPTS 20
#define HOLDER_MS 10

struct lock {
	int fd;
	char *path;
	bool exclusive;
};

/* Opens the file if only we can write it; -1 with e. */
static int lock_open_lock(const char *path, bool create, struct err *e)
{
	int fd = file_open(path, FILE_READ | FILE_WRITE | (create ? FILE_ENSURE : 0));
	struct stat st;

	/* ELOOP: a link; ENXIO, EISDIR: a socket, a folder */
	if (fd < 0 && errno != ELOOP && errno != EMLINK && errno != ENXIO && errno != EISDIR)
		return err_errno(e, errno, errno == ENOENT ? "lock-missing" : "lock", "cannot open the lock file %s",
				 path);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink <= 1 &&
	    !(st.st_mode & 022))
		return fd;
	if (fd >= 0)
		close(fd);
	err_set(e, ERR_FAILED, "lock-unsafe", "%s is not a plain file of yours alone: it cannot serve as a lock", path);
	return err_hint(e, "examine it and remove it");
}

/* Returns "pid 12: preparing" if the text names a running process, else NULL; the caller frees it. */
static char *lock_read_holder(int fd)
{
	char text[HOLDER_MAX + 1];
	ssize_t n = file_read_at(fd, text, HOLDER_MAX, 0);
	struct proc_id holder;
	struct err ignored = ERR_INIT;
	uint64_t pid;
	char *blank;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	blank = strchr(text, ' ');
	if (!blank)
		return NULL;
	*blank = '\0';
	if (number_parse(text, 1, INT32_MAX, &pid, &ignored) < 0) {
		err_fini(&ignored);
		return NULL;
	}
	if (!proc_identify((int64_t)pid, &holder))
		return NULL;
	for (char *p = blank + 1; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return xasprintf("pid %s: %s", text, blank + 1);
}

static void lock_write_holder(int fd, const char *what)
{
	AUTO_FREE char *text = xasprintf("%ld %.*s\n", (long)getpid(), HOLDER_MAX - 32, what);
	size_t n = strlen(text);

	/* only for messages: the lock is valid without it */
	if (file_write_at(fd, text, n, 0) == 0 && ftruncate(fd, (off_t)n) < 0)
		errno = 0;
}

static struct lock *lock_take_file(const char *path, bool exclusive, const char *what, struct err *e)
{
	char *holder = NULL;
	struct lock *k;
	int fd, r;

	for (int attempts = 0;; attempts++) {
		fd = lock_open_lock(path, true, e);
		if (fd < 0)
			return NULL;
		r = file_lock(fd, exclusive);
		if (r == 0 && file_is_still(fd, path))
			break;
		if (r == EWOULDBLOCK)
			holder = lock_read_holder(fd);
		close(fd);
		if (r && r != EWOULDBLOCK) {
			err_errno(e, r, "lock", "cannot lock %s", path);
			return NULL;
		}
		if (holder || attempts == HOLDER_ATTEMPTS) {
			err_set(e, ERR_BUSY, "busy", "%s is in use (%s)", path,
				holder ? holder : "by an unknown process");
			free(holder);
			return NULL;
		}
		host_wait(HOLDER_MS);
	}
	lock_write_holder(fd, what);
	k = xmalloc(sizeof(*k));
	k->fd = fd;
	k->path = xstrdup(path);
	k->exclusive = exclusive;
	return k;
}

struct lock *lock_take(const char *path, const char *what, struct err *e)
{
	return lock_take_file(path, true, what, e);
}

struct lock *lock_share(const char *path, struct err *e)
{
	return lock_take_file(path, false, "using it", e);
}

void lock_release(struct lock *k)
{
	if (!k)
		return;
	/* a name that stays would be reported while another process checks the lock */
	if (k->exclusive && ftruncate(k->fd, 0) < 0)
		errno = 0;
	close(k->fd);
	free(k->path);
	free(k);
}

void lock_remove(struct lock *k)
{
	if (k)
		unlink(k->path); /* a waiting process notices that it has locked a file without a name */
	lock_release(k);
}

struct lock *lock_wait(const char *path, const char *what, unsigned ms, struct err *e)
{
	struct lock *k = lock_take(path, what, e);

	for (unsigned waited = 0; !k && e->kind == ERR_BUSY && waited < ms; waited += HOLDER_MS) {
		err_fini(e);
		host_wait(HOLDER_MS);
		k = lock_take(path, what, e);
	}
	return k;
}

char *lock_holder(const char *path)
{
	char *holder = NULL;
	int fd = lock_open_lock(path, false, NULL);

	if (fd < 0)
		return NULL;
	if (file_lock(fd, false) == EWOULDBLOCK) {
		for (int attempts = 0; !(holder = lock_read_holder(fd)) && attempts < HOLDER_ATTEMPTS; attempts++) {
			host_wait(HOLDER_MS);
			if (file_lock(fd, false) == 0)
				break;
		}
		if (!holder && file_lock(fd, false) == EWOULDBLOCK)
			holder = xstrdup("another process");
	}
	close(fd);
	return holder;
}
