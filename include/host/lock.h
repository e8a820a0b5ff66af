/* SPDX-License-Identifier: MIT */
/*
 * lock: one holder at a time, over processes. The lock dies with its holder, whatever its end. The
 * file names the holder, for the message. Refuses a lock file that is a link, a fifo or another's.
 */
#ifndef HOST_LOCK_H
#define HOST_LOCK_H

#include <stdbool.h>

#include "base/err.h"

struct lock;

/* Takes the lock at `path` without waiting. `what` says what the holder does ("preparing").
 * Held by another: ERR_BUSY, id "busy", naming pid and what. */
struct lock *lock_take(const char *path, const char *what, struct err *e);
/* As lock_take, but shared among readers of a thing that must stay. */
struct lock *lock_share(const char *path, struct err *e);
/* As lock_take, but for a thing that is held for a moment only: waits up to `ms`. `e` must not be NULL. */
struct lock *lock_wait(const char *path, const char *what, unsigned ms, struct err *e);
void lock_release(struct lock *k); /* NULL is fine */
/* The same, and the lock file goes. */
void lock_remove(struct lock *k);
/* Tells whether somebody holds it exclusively now, and who ("pid 12: preparing", owned) or NULL. */
char *lock_holder(const char *path);

#endif
