/* SPDX-License-Identifier: MIT */
/*
 * saver: writes small files atomically off the loop's thread, in order per file; of several texts
 * for one file the latest counts. So a slow disk never holds up a machine.
 */
#ifndef SUPERVISOR_ASYNC_WRITER_H
#define SUPERVISOR_ASYNC_WRITER_H

#include "base/loop.h"

struct saver;

/* `spare` (copied): a file that holds room back, once a text was written; where the disk is full it goes
 * for one, and is there again behind it. So a machine that stands because of a full disk can say so. */
struct saver *saver_new(struct loop *l, const char *spare);
/* Takes `text`. A failure is logged and otherwise ignored: the next text is tried again. */
void saver_put(struct saver *s, const char *path, char *text);
/* Calls fn once what was put before is written (from within, when it is so now), in order: who is told
 * of something can read it, too. */
void saver_then(struct saver *s, void (*fn)(void *arg), void *arg);
/* Calls fn once nothing waits and nothing is being written (from within, when that is so now). What was
 * held back is gone then. */
void saver_flush(struct saver *s, void (*fn)(void *arg), void *arg);
/* Only after a flush has ended and with nothing put since. */
void saver_free(struct saver *s);

#endif
