/* SPDX-License-Identifier: MIT */
/* tail: see tail.h. The folder is watched; what is read at once is bounded. */
#include "tail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "tui/sessions.h"

#define AGAIN_MS 150
#define CHUNK (64u << 10)
#define LINE_MAX_BYTES 1024

struct tail {
	struct app *app;
	struct viewer *viewer;
	char *path;
	int fd;
	ino_t inode;
	size_t most;
	struct buf line; /* the last one, not ended yet */
	bool returned;	 /* the cursor is at its beginning */
	struct loop_watch *watch;
	struct loop_timer *timer; /* after a change: looks, once for many */
};

static void tail_add_line(struct tail *t)
{
	char *plain = text_plain(t->line.data, t->line.len);

	viewer_add(t->viewer, plain);
	free(plain);
	buf_clear(&t->line);
}

static void tail_add(struct tail *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r') {
			t->returned = true;
			continue;
		}
		if (p[i] == '\n' || t->line.len >= LINE_MAX_BYTES)
			tail_add_line(t);
		else if (t->returned)
			buf_clear(&t->line); /* it is written over, as a percentage is */
		t->returned = false;
		if (p[i] != '\n')
			buf_addc(&t->line, p[i]);
	}
}

/* What has come of the line that has not ended: a prompt is one. */
static void tail_show_open(struct tail *t)
{
	char *plain = t->line.len ? text_plain(t->line.data, t->line.len) : NULL;

	viewer_open(t->viewer, plain);
	free(plain);
}

static void tail_on_change(void *arg);

static void tail_look(struct tail *t)
{
	char *chunk;
	struct stat st;
	ssize_t n;
	size_t room = t->most > CHUNK ? t->most : CHUNK;

	if (t->fd < 0) {
		t->fd = file_open(t->path, FILE_READ);
		if (t->fd < 0 || fstat(t->fd, &st) < 0)
			return;
		t->inode = st.st_ino;
		if ((size_t)st.st_size > t->most)
			lseek(t->fd, -(off_t)t->most, SEEK_END);
	}
	chunk = xmalloc(CHUNK);
	while (room && (n = read(t->fd, chunk, room < CHUNK ? room : CHUNK)) > 0) {
		tail_add(t, chunk, (size_t)n);
		room -= (size_t)n;
	}
	free(chunk);
	tail_show_open(t);
	if (stat(t->path, &st) == 0 && st.st_ino != t->inode) { /* it was rotated */
		close(t->fd);
		t->fd = -1;
		tail_on_change(t); /* there may be no other for what the new one holds */
	}
	app_changed(t->app);
}

static void tail_on_timer(void *arg)
{
	struct tail *t = arg;

	loop_timer_stop(t->timer);
	t->timer = NULL;
	tail_look(t);
}

static void tail_on_change(void *arg)
{
	struct tail *t = arg;

	if (!t->timer)
		t->timer = loop_timer_start(app_loop(t->app), AGAIN_MS, 0, tail_on_timer, t);
}

struct tail *tail_open(struct app *app, const char *name, size_t most, struct viewer *v)
{
	struct tail *t = xcalloc(1, sizeof(*t));
	char *dir = store_machine_dir(app_store(app), name);

	t->app = app;
	t->viewer = v;
	t->most = most;
	t->fd = -1;
	buf_init(&t->line, 0);
	t->path = file_join(dir, "console.log");
	t->watch = loop_watch_start(app_loop(app), dir, tail_on_change, t);
	tail_look(t);
	free(dir);
	return t;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	loop_watch_stop(t->watch);
	loop_timer_stop(t->timer);
	if (t->fd >= 0)
		close(t->fd);
	buf_fini(&t->line);
	free(t->path);
	free(t);
}
