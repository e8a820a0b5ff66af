/* SPDX-License-Identifier: MIT */
/* screen_log: see src/tui/screen_log.h. */
#include "screen_log.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tail.h"
#include "tui/sessions.h"
#include "tui/toolkit/widget_viewer.h"

#define TAIL_MAX (256u << 10)

struct logbook {
	char *name;
	bool of_task;
	struct viewer viewer;
	size_t seen; /* lines of the task's log that were taken */
	struct tail *tail;
};

static void screen_log_take_task_lines(struct screen *s, struct logbook *l)
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
	struct logbook *l = s->self;
	struct canvas part = canvas_sub(c, 1, 2, c->rows - 2, c->columns - 4);

	if (l->of_task)
		screen_log_take_task_lines(s, l);
	if (!l->viewer.source.len)
		canvas_put(&part, 0, 0, ROLE_DIM, "Nothing yet.");
	viewer_paint(&l->viewer, &part);
}

static void log_cursor(struct screen *s, int *row, int *column)
{
	struct logbook *l = s->self;

	viewer_cursor(&l->viewer, row, column);
	if (*row >= 0) {
		++*row;
		*column += 2;
	}
}

static void log_lines(struct screen *s, struct screen_lines *out)
{
	struct logbook *l = s->self;

	buf_addf(&out->title, "%s · %s", l->name, l->of_task ? "log" : "console log");
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
	struct logbook *l = s->self;

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
	struct logbook *l = s->self;

	tail_close(l->tail);
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

static struct logbook *screen_log_logbook_new(const char *name, bool of_task)
{
	struct logbook *l = xcalloc(1, sizeof(*l));

	l->name = xstrdup(name);
	l->of_task = of_task;
	viewer_init(&l->viewer);
	l->viewer.follow = true;
	l->viewer.cap = SESSION_LOG_MAX;
	return l;
}

struct screen *screen_task_log(struct app *app, const char *name)
{
	return screen_push(app, &log_ops, screen_log_logbook_new(name, true));
}

struct screen *screen_console_log(struct app *app, const char *name)
{
	struct logbook *l = screen_log_logbook_new(name, false);

	l->tail = tail_open(app, name, TAIL_MAX, &l->viewer);
	return screen_push(app, &log_ops, l);
}
