/* SPDX-License-Identifier: MIT */
/* file_watch: collects the changes of several watches into one call. */
#include "tui/toolkit/file_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SOON_MS 200
#define REPEAT_MS 30000

void file_watch_init(struct file_watch *w, struct loop *loop, void (*changed)(void *arg), void *arg)
{
	*w = (struct file_watch){.loop = loop, .changed = changed, .arg = arg};
}

static void file_watch_on_soon(void *arg)
{
	struct file_watch *w = arg;

	loop_timer_stop(w->soon);
	w->soon = NULL;
	w->changed(w->arg);
}

static void file_watch_on_disk(void *arg)
{
	struct file_watch *w = arg;

	if (!w->soon)
		w->soon = loop_timer_start(w->loop, SOON_MS, 0, file_watch_on_soon, w);
}

void file_watch_add(struct file_watch *w, char *path)
{
	struct loop_watch *watch = loop_watch_start(w->loop, path, file_watch_on_disk, w);
	char *slash;

	while (!watch && (slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		watch = loop_watch_start(w->loop, path, file_watch_on_disk, w);
	}
	w->watches = xreallocarray(w->watches, w->count + 1, sizeof(struct loop_watch *));
	w->watches[w->count++] = watch;
	free(path);
}

void file_watch_clear(struct file_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		loop_watch_stop(w->watches[i]);
	free(w->watches);
	w->watches = NULL;
	w->count = 0;
}

static void file_watch_on_repeat(void *arg)
{
	struct file_watch *w = arg;

	w->changed(w->arg);
}

void file_watch_repeat(struct file_watch *w, bool on)
{
	if (on == (w->repeat != NULL))
		return;
	loop_timer_stop(w->repeat);
	w->repeat = on ? loop_timer_start(w->loop, REPEAT_MS, REPEAT_MS, file_watch_on_repeat, w) : NULL;
}

void file_watch_fini(struct file_watch *w)
{
	file_watch_clear(w);
	file_watch_repeat(w, false);
	loop_timer_stop(w->soon);
	w->soon = NULL;
}
