/* SPDX-License-Identifier: MIT */
/*
 * proc_stream: a child between two pipes, for code that blocks: a work function writes to it or reads from it, and
 * looks now and then whether it was cancelled.
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
	int to, from;		   /* its standard input and output; -1 once closed */
	int said;		   /* its standard error */
	struct buf text;	   /* the last of that */
	const atomic_bool *cancel; /* borrowed; NULL: never */
};

/* Starts argv in a process group of its own: Ctrl-C reaches us alone. */
int proc_stream_start(struct proc_stream *s, char *const *argv, const atomic_bool *cancel, struct err *e);
/* Writes all of it. -1 with errno: EPIPE when it reads no more, ECANCELED. */
int proc_stream_write(struct proc_stream *s, const void *p, size_t n);
/* Reads up to n bytes; 0 at the end, -1 with errno as above. */
ssize_t proc_stream_read(struct proc_stream *s, void *p, size_t n);
/* Closes its input, drops what it prints, waits for its end (`stop`: terminates it, as where it was cancelled) and
 * gives its exit status, 128 and the signal where one ended it; *said (owned, or NULL) is what it printed as an error,
 * cleaned, its lines joined by "; ". */
int proc_stream_finish(struct proc_stream *s, bool stop, char **said);

#endif
