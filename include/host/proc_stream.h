/* SPDX-License-Identifier: MIT */
/*
 * proc_stream: a child between two pipes, for code that blocks: a work function writes to it or reads from it.
 * Every call checks whether the work was cancelled.
 */
#ifndef HOST_PROC_STREAM_H
#define HOST_PROC_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct proc_stream {
	int64_t pid;
	void *process;		   /* its handle, if the host has such */
	int to, from;		   /* its standard input and output; -1 once closed */
	int said;		   /* its standard error */
	struct buf text;	   /* its last bytes */
	const atomic_bool *cancel; /* borrowed; NULL: never */
};

/* Starts argv in a process group of its own: Ctrl-C reaches only us. */
int proc_stream_start(struct proc_stream *s, char *const *argv, const atomic_bool *cancel, struct err *e);
/* Writes all of it. Returns -1 with errno: EPIPE if the child no longer reads, or ECANCELED. */
int proc_stream_write(struct proc_stream *s, const void *p, size_t n);
/* Reads up to n bytes. Returns 0 at the end, or -1 with errno as above. */
ssize_t proc_stream_read(struct proc_stream *s, void *p, size_t n);
/* Closes its input, discards its output, waits for its exit (`stop`, or cancelled: terminates it) and returns its
 * exit status, 128 plus the signal that ended it. *said (the caller frees it; or NULL) is its standard error, made
 * safe, its lines joined by "; ". */
int proc_stream_finish(struct proc_stream *s, bool stop, char **said);

#endif
