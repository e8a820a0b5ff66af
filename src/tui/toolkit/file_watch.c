/* SPDX-License-Identifier: MIT */
/* lookout: see lookout.h. */
#include "tui/toolkit/file_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SOON_MS 200
#define CLOCK_MS 30000

void lookout_init(struct lookout *l, struct loop *loop, void (*changed)(void *arg), void *arg)
{
	*l = (struct lookout){.loop = loop, .changed = changed, .arg = arg};
}

static void file_watch_on_soon(void *arg)
{
	struct lookout *l = arg;

	loop_timer_stop(l->soon);
	l->soon = NULL;
	l->changed(l->arg);
}

static void file_watch_on_disk(void *arg)
{
	struct lookout *l = arg;

	if (!l->soon)
		l->soon = loop_timer_start(l->loop, SOON_MS, 0, file_watch_on_soon, l);
}

void lookout_add(struct lookout *l, char *path)
{
	struct loop_watch *w = loop_watch_start(l->loop, path, file_watch_on_disk, l);
	char *slash;

	while (!w && (slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		w = loop_watch_start(l->loop, path, file_watch_on_disk, l);
	}
	l->watches = xreallocarray(l->watches, l->count + 1, sizeof(struct loop_watch *));
	l->watches[l->count++] = w;
	free(path);
}

void lookout_clear(struct lookout *l)
{
	for (size_t i = 0; i < l->count; i++)
		loop_watch_stop(l->watches[i]);
	free(l->watches);
	l->watches = NULL;
	l->count = 0;
}

static void file_watch_on_clock(void *arg)
{
	struct lookout *l = arg;

	l->changed(l->arg);
}

void lookout_clock(struct lookout *l, bool on)
{
	if (on == (l->clock != NULL))
		return;
	loop_timer_stop(l->clock);
	l->clock = on ? loop_timer_start(l->loop, CLOCK_MS, CLOCK_MS, file_watch_on_clock, l) : NULL;
}

void lookout_fini(struct lookout *l)
{
	lookout_clear(l);
	lookout_clock(l, false);
	loop_timer_stop(l->soon);
	l->soon = NULL;
}
