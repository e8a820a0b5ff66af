/* SPDX-License-Identifier: MIT */
/*
 * lock: one holder at a time among processes. The lock is released when its holder exits, in whatever way. The file
 * names the holder, for messages. A lock file that is a link, a FIFO or owned by another user is refused.
 */
#ifndef HOST_LOCK_H
#define HOST_LOCK_H

#include <stdbool.h>

#include "base/err.h"

struct lock;

/* Takes the lock at `path` without waiting. `what` is what the holder does ("preparing"). If another process has it:
 * ERR_BUSY, id "busy", with its pid and what it does. */
struct lock *lock_take(const char *path, const char *what, struct err *e);
/* Does what lock_take does, but shares the lock with other readers. */
struct lock *lock_share(const char *path, struct err *e);
/* Does what lock_take does, but waits up to `ms`, for locks that are held briefly. `e` must not be NULL. */
struct lock *lock_wait(const char *path, const char *what, unsigned ms, struct err *e);
void lock_release(struct lock *k); /* NULL is fine */
/* Releases the lock and removes its file. */
void lock_remove(struct lock *k);
/* Returns who has the lock exclusively ("pid 12: preparing"; the caller frees it), or NULL. */
char *lock_holder(const char *path);

#endif
