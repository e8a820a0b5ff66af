/* SPDX-License-Identifier: MIT */
/*
 * lookout: files and folders that a screen watches. It is told soon after something has changed
 * there, once for many changes, so that it looks again.
 */
#ifndef TUI_TOOLKIT_FILE_WATCH_H
#define TUI_TOOLKIT_FILE_WATCH_H

#include "base/loop.h"

struct lookout {
	struct loop *loop;
	void (*changed)(void *arg);
	void *arg;
	struct loop_watch **watches;
	size_t count;
	struct loop_timer *soon, *clock;
};

void lookout_init(struct lookout *l, struct loop *loop, void (*changed)(void *arg), void *arg);
/* Watches a file or folder as well; while it is not there, the nearest folder above it. Takes
 * `path`. */
void lookout_add(struct lookout *l, char *path);
/* Watches none any more; what has changed by now is still told. */
void lookout_clear(struct lookout *l);
/* Whether it is told each half minute, too: what is shown says how long something has gone on. */
void lookout_clock(struct lookout *l, bool on);
void lookout_fini(struct lookout *l); /* zero-initialised is fine */

#endif
