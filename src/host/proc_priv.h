/* SPDX-License-Identifier: MIT */
/* proc_priv: helpers for the files of host/proc. */
#ifndef HOST_PROC_PRIV_H
#define HOST_PROC_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Returns a descriptor that becomes readable when that process exits, or -1 if the host has none. */
int proc_end_fd(int64_t pid);

/* Writes what distinguishes this boot of the host from others, at most `size` bytes. Returns their number, 0 if the
 * host has nothing of that kind. */
size_t proc_boot_id(char *id, size_t size);
/* Return the `start` of struct proc_id for a process that started at `time`, in any unit, in the boot of that id (n 0:
 * unknown), in this boot. */
uint64_t proc_start_of(const char *boot, size_t n, uint64_t time);
uint64_t proc_start_now(uint64_t time);

/* Prepares this process for a child: it inherits nothing but what it is given, and if it stops reading, that is an
 * error of the write. */
void proc_before_spawn(void);
/* Returns the signal that an exit status means: on Windows a crash is a status, too. 0: the process exited. */
int proc_status_signal(int64_t status);
/* Fills e: there is no such program, and how to install it. Returns -1. */
int proc_missing(const char *program, struct err *e);
/* Returns the lines as one, joined by "; " and safe for a terminal, or NULL if there are none; the caller frees it. */
char *proc_lines_as_one(const struct buf *said);

#endif
