/* SPDX-License-Identifier: MIT */
/*
 * async_writer: writes small files atomically off the loop's thread, in order per file; of several texts
 * for one file the latest counts. So a slow disk never holds up a machine.
 */
#ifndef SUPERVISOR_ASYNC_WRITER_H
#define SUPERVISOR_ASYNC_WRITER_H

#include "base/loop.h"

struct async_writer;

/* `spare` (copied): a file that holds room back, once a text was written; where the disk is full it goes
 * for one, and is there again behind it. So a machine that stands because of a full disk can say so. */
struct async_writer *async_writer_new(struct loop *l, const char *spare);
/* Takes `text`. A failure is logged and otherwise ignored: the next text is tried again. */
void async_writer_put(struct async_writer *s, const char *path, char *text);
/* Calls fn once what was put before is written (from within, when it is so now), in order: who is told
 * of something can read it, too. */
void async_writer_then(struct async_writer *s, void (*fn)(void *arg), void *arg);
/* Calls fn once nothing waits and nothing is being written (from within, when that is so now). What was
 * held back is gone then. */
void async_writer_flush(struct async_writer *s, void (*fn)(void *arg), void *arg);
/* Only after a flush has ended and with nothing put since. */
void async_writer_free(struct async_writer *s);

#endif
