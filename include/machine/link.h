/* SPDX-License-Identifier: MIT */
/*
 * link: a connection to a socket or port on which another process is about to listen, or to a pair of pipes that it is
 * about to open: attempts are repeated until one succeeds or the time is up. No timer runs while it is connected and
 * silent.
 */
#ifndef MACHINE_LINK_H
#define MACHINE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct vm_link_ops {
	void (*up)(void *arg);
	void (*data)(const char *p, size_t n, void *arg);
	/* It was not there in time (error has the reason), or it has ended (error NULL). The last call; the
	 * link must still be closed. */
	void (*down)(const char *error, void *arg);
	/* Everything queued was written. May be NULL. */
	void (*drained)(void *arg);
};

struct vm_link;

/* Connects; `ops` must outlive it. No callback is called before this returns. */
struct vm_link *vm_link_open(struct loop *l, const char *path, uint64_t patience_ms, const struct vm_link_ops *ops,
			     void *arg);
/* Connects to one of QEMU's lines (host/line.h) in that folder. Pipes are read every 10 ms: a process that writes
 * single bytes, as QEMU's serial ports do, is not slowed down by a reader that wakes up for each. */
struct vm_link *vm_link_open_line(struct loop *l, const char *dir, const char *name, uint64_t patience_ms,
				  const struct vm_link_ops *ops, void *arg);
bool vm_link_is_up(const struct vm_link *k);
/* Whether vm_link_write_fd is possible: it is a socket of this host. */
bool vm_link_takes_fd(const struct vm_link *k);
/* Copies and queues the bytes; -1 if it is not connected. */
int vm_link_write(struct vm_link *k, const void *p, size_t n);
/* Sends the bytes immediately, with an open file at the first of them; -1 if that is not possible. */
int vm_link_write_fd(struct vm_link *k, const void *p, size_t n, int fd);
size_t vm_link_queued(const struct vm_link *k);
void vm_link_close(struct vm_link *k); /* NULL is fine; also from within its callbacks */

#endif
