/* SPDX-License-Identifier: MIT */
/* conlog: a log with a limited size (include/machine/conlog.h). */
#include "machine/conlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

static char *conlog_numbered(const struct conlog *c, int i)
{
	return i ? xasprintf("%s.%d", c->path, i) : xstrdup(c->path);
}

static void conlog_create(struct conlog *c)
{
	c->fd = file_open(c->path, FILE_NEW | FILE_APPEND);
	c->size = 0;
}

static void conlog_rotate(struct conlog *c)
{
	if (c->fd >= 0)
		close(c->fd);
	for (int i = CONLOG_FILES - 1; i > 0; i--) {
		AUTO_FREE char *to = conlog_numbered(c, i);
		AUTO_FREE char *from = conlog_numbered(c, i - 1);

		file_move(from, to); /* a missing file leaves a gap, which is harmless */
	}
	conlog_create(c);
}

void conlog_open(struct conlog *c, const char *dir, bool go_on)
{
	struct stat st;

	*c = (struct conlog){.path = file_join(dir, "console.log"), .fd = -1};
	if (go_on)
		c->fd = file_open(c->path, FILE_APPEND);
	if (c->fd >= 0 && fstat(c->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < CONLOG_MAX)
		c->size = (uint64_t)st.st_size;
	else
		conlog_rotate(c);
}

void conlog_write(struct conlog *c, const char *p, size_t n)
{
	if (n && c->fd < 0)
		conlog_create(c); /* it could not be created before */
	while (n) {
		size_t some = CONLOG_MAX - c->size < n ? CONLOG_MAX - c->size : n;
		ssize_t w = c->fd < 0 ? -1 : write(c->fd, p, some);

		if (w < 0 && c->fd >= 0 && errno == EINTR)
			continue;
		if (w <= 0) {
			c->lost += n;
			return;
		}
		p += w;
		n -= (size_t)w;
		c->size += (uint64_t)w;
		if (c->size >= CONLOG_MAX)
			conlog_rotate(c);
	}
}

void conlog_close(struct conlog *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->path);
	c->path = NULL;
}
