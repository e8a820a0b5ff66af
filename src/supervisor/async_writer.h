/* SPDX-License-Identifier: MIT */
/*
 * async_writer: writes small files atomically off the loop's thread, in order per file; of several texts for one file
 * the latest counts. So a slow disk never blocks a machine.
 */
#ifndef SUPERVISOR_ASYNC_WRITER_H
#define SUPERVISOR_ASYNC_WRITER_H

#include "base/loop.h"

struct async_writer;

/* `spare` (copied) is a file that reserves disk space once a text was written. If the disk is full it is removed for
 * one text, and created again afterwards, so that a machine which is paused by a full disk can record it. */
struct async_writer *async_writer_new(struct loop *l, const char *spare);
/* Queues `text`, which is taken. A failure is logged and otherwise ignored: the next text is attempted again. */
void async_writer_put(struct async_writer *s, const char *path, char *text);
/* Calls fn once everything queued before is written (within this call if nothing is), in order: a client that is
 * sent an event can read it on disk, too. */
void async_writer_then(struct async_writer *s, void (*fn)(void *arg), void *arg);
/* Calls fn once nothing waits and nothing is being written (within this call if that is so now). The spare is
 * removed then. */
void async_writer_flush(struct async_writer *s, void (*fn)(void *arg), void *arg);
/* Call it only after a flush has ended and with nothing queued since. NULL is fine. */
void async_writer_free(struct async_writer *s);

#endif
