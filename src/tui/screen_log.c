/* SPDX-License-Identifier: MIT */
/* screen_log: shows logs in a viewer; reads a console log as it grows, by watching its folder. */
#include "screen_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/line_reader.h"
#include "base/mem.h"
#include "host/file.h"
#include "tui/sessions.h"
#include "tui/toolkit/widget_viewer.h"

#define CONSOLE_BYTES (256u << 10) /* of a console's log that are shown at first */
#define AGAIN_MS 150
#define CHUNK (64u << 10)

/* ---- the end of a console log ---- */

struct log_tail {
	struct app *app;
	struct viewer *viewer;
	char *path;
	int fd;
	size_t most;
	struct line_reader reader;
	struct loop_watch *watch;
	struct loop_timer *timer; /* after a change: reads once for many */
};

static void log_tail_on_line(const char *line, void *arg)
{
	viewer_add(((struct log_tail *)arg)->viewer, line);
}

/* Shows what has arrived of an incomplete line: a prompt is one. */
static void log_tail_show_incomplete(struct log_tail *t)
{
	AUTO_FREE char *plain = line_reader_incomplete(&t->reader);

	viewer_set_incomplete(t->viewer, plain);
}

static void log_tail_on_change(void *arg);

static void log_tail_read(struct log_tail *t)
{
	size_t budget = t->most > CHUNK ? t->most : CHUNK;
	AUTO_FREE char *chunk = NULL;
	struct stat st;
	ssize_t n;

	if (t->fd < 0) {
		t->fd = file_open(t->path, FILE_READ);
		if (t->fd < 0 || fstat(t->fd, &st) < 0)
			return;
		if ((size_t)st.st_size > t->most)
			lseek(t->fd, -(off_t)t->most, SEEK_END);
	}
	chunk = xmalloc(CHUNK);
	while (budget && (n = read(t->fd, chunk, budget < CHUNK ? budget : CHUNK)) > 0) {
		line_reader_add(&t->reader, chunk, (size_t)n);
		budget -= (size_t)n;
	}
	log_tail_show_incomplete(t);
	if (file_exists(t->path) && !file_is_still(t->fd, t->path)) { /* it was rotated */
		close(t->fd);
		t->fd = -1;
		log_tail_on_change(t); /* no other change may come for what the new file contains */
	}
	app_changed(t->app);
}

static void log_tail_on_timer(void *arg)
{
	struct log_tail *t = arg;

	loop_timer_stop(t->timer);
	t->timer = NULL;
	log_tail_read(t);
}

static void log_tail_on_change(void *arg)
{
	struct log_tail *t = arg;

	if (!t->timer)
		t->timer = loop_timer_start(app_loop(t->app), AGAIN_MS, 0, log_tail_on_timer, t);
}

struct log_tail *log_tail_open(struct app *app, const char *name, size_t most, struct viewer *v)
{
	struct log_tail *t = xcalloc(1, sizeof(*t));
	AUTO_FREE char *dir = store_machine_dir(app_store(app), name);

	t->app = app;
	t->viewer = v;
	t->most = most;
	t->fd = -1;
	line_reader_init(&t->reader, log_tail_on_line, t);
	t->path = file_join(dir, "console.log");
	t->watch = loop_watch_start(app_loop(app), dir, log_tail_on_change, t);
	log_tail_read(t);
	return t;
}

void log_tail_close(struct log_tail *t)
{
	if (!t)
		return;
	loop_watch_stop(t->watch);
	loop_timer_stop(t->timer);
	if (t->fd >= 0)
		close(t->fd);
	line_reader_fini(&t->reader);
	free(t->path);
	free(t);
}

/* ---- the screen ---- */

struct log_screen {
	char *name;
	bool of_session;
	struct viewer viewer;
	size_t seen; /* lines of the session's log that the viewer has */
	struct log_tail *tail;
};

static void log_add_session_lines(struct screen *s, struct log_screen *l)
{
	struct session *t = sessions_find(app_sessions(s->app), l->name);

	if (!t)
		return;
	if (l->seen < t->log_dropped)
		l->seen = t->log_dropped;
	for (; l->seen < t->log_dropped + t->log.len; l->seen++)
		viewer_add(&l->viewer, t->log.items[l->seen - t->log_dropped]);
}

static void log_paint(struct screen *s, const struct canvas *c)
{
	struct log_screen *l = s->self;
	struct canvas part = canvas_sub(c, 1, 2, c->rows - 2, c->columns - 4);

	if (l->of_session)
		log_add_session_lines(s, l);
	if (!l->viewer.source.len)
		canvas_put(&part, 0, 0, ROLE_DIM, "Nothing yet.");
	viewer_paint(&l->viewer, &part);
}

static void log_cursor(struct screen *s, int *row, int *column)
{
	struct log_screen *l = s->self;

	viewer_cursor(&l->viewer, row, column);
	if (*row >= 0) {
		++*row;
		*column += 2;
	}
}

static void log_lines(struct screen *s, struct screen_lines *out)
{
	struct log_screen *l = s->self;

	buf_addf(&out->title, "%s · %s", l->name, l->of_session ? "log" : "console log");
	if (l->viewer.follow)
		buf_adds(&out->status, "follows");
	viewer_help(&l->viewer, out);
	if (l->viewer.searching)
		return;
	if (!l->viewer.follow)
		screen_lines_key(out, "End", K_END, "follow");
	screen_lines_key(out, "Esc", K_ESC, "back");
}

static bool log_key(struct screen *s, const struct key *k)
{
	struct log_screen *l = s->self;

	if (viewer_key(&l->viewer, k))
		return true;
	if (k->code == K_ESC || k->code == 'q' || k->code == 'l') {
		screen_pop(s);
		return true;
	}
	return false;
}

static void log_close(struct screen *s)
{
	struct log_screen *l = s->self;

	log_tail_close(l->tail);
	viewer_fini(&l->viewer);
	free(l->name);
	free(l);
}

static const struct screen_ops log_ops = {
	.name = "log",
	.paint = log_paint,
	.cursor = log_cursor,
	.lines = log_lines,
	.key = log_key,
	.close = log_close,
};

static struct log_screen *log_screen_new(const char *name, bool of_session)
{
	struct log_screen *l = xcalloc(1, sizeof(*l));

	l->name = xstrdup(name);
	l->of_session = of_session;
	viewer_init(&l->viewer);
	l->viewer.follow = true;
	l->viewer.cap = SESSION_LOG_MAX;
	return l;
}

struct screen *screen_session_log(struct app *app, const char *name)
{
	return screen_push(app, &log_ops, log_screen_new(name, true));
}

struct screen *screen_console_log(struct app *app, const char *name)
{
	struct log_screen *l = log_screen_new(name, false);

	l->tail = log_tail_open(app, name, CONSOLE_BYTES, &l->viewer);
	return screen_push(app, &log_ops, l);
}
