/* SPDX-License-Identifier: MIT */
/* file_watch: the files and folders that a screen shows something of; calls the screen soon after a change. */
#ifndef TUI_TOOLKIT_FILE_WATCH_H
#define TUI_TOOLKIT_FILE_WATCH_H

#include "base/loop.h"

struct file_watch {
	struct loop *loop;
	void (*changed)(void *arg); /* once for many changes */
	void *arg;
	struct loop_watch **watches;
	size_t count;
	struct loop_timer *soon, *repeat;
};

void file_watch_init(struct file_watch *w, struct loop *loop, void (*changed)(void *arg), void *arg);
/* Adds a file or folder; as long as it does not exist, the nearest folder above it. Takes `path`. */
void file_watch_add(struct file_watch *w, char *path);
/* Removes all; changes that were seen before are still reported. */
void file_watch_clear(struct file_watch *w);
/* Switches a report each half minute on or off, for a screen that shows how long something has run. */
void file_watch_repeat(struct file_watch *w, bool on);
void file_watch_fini(struct file_watch *w); /* zero-initialised is fine */

#endif
