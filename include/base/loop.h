/* SPDX-License-Identifier: MIT */
/*
 * loop: the one event loop (libuv). Everything runs on the thread that calls loop_run, except the
 * work functions of loop_work, which run on a pool of threads and must touch nothing of the loop.
 *
 * A handle that a *_start or *_new function returned is freed by its stop or close function, and
 * its callback is not called after that.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_timer;
struct loop_fd;
struct loop_signal;
struct loop_turn;
struct loop_watch;
struct loop_stream;
struct loop_server;

/* As json_guard_memory, for libuv. */
void loop_guard_memory(void);

struct loop *loop_new(void);
/* Every handle must have been stopped. */
void loop_free(struct loop *l);
/* Runs until loop_stop, or until nothing is left that could happen. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Monotonic milliseconds; not moved by changes of the wall clock. */
uint64_t loop_now(struct loop *l);
/* The libuv loop, for base/ and host/ only. */
void *loop_uv(struct loop *l);

/* Calls fn after `ms`, then `repeat_ms` after each call has ended (0: once; the handle must be stopped
 * all the same). */
struct loop_timer *loop_timer_start(struct loop *l, uint64_t ms, uint64_t repeat_ms, void (*fn)(void *arg), void *arg);
void loop_timer_stop(struct loop_timer *t); /* NULL is fine */

/* Runs `work` on a pool thread, then `done` on the loop's thread. */
void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);
/* How many work functions run at once (at least 4). */
unsigned loop_work_width(void);

#define LOOP_READ 1
#define LOOP_WRITE 2
/* Watches a socket or pipe descriptor (a terminal too, where the host's poll can). */
struct loop_fd *loop_fd_start(struct loop *l, int fd, int events, void (*fn)(int events, void *arg), void *arg);
void loop_fd_change(struct loop_fd *w, int events);
void loop_fd_stop(struct loop_fd *w);

struct loop_signal *loop_signal_start(struct loop *l, int signum, void (*fn)(void *arg), void *arg);
void loop_signal_stop(struct loop_signal *s);

/* Calls fn when something in the folder (or the file itself) has changed, as far as this host's system
 * tells; a change may be told more than once. NULL where it cannot be watched (not there, no more
 * watches): look again on other occasions. Keeps no loop running. */
struct loop_watch *loop_watch_start(struct loop *l, const char *path, void (*fn)(void *arg), void *arg);
void loop_watch_stop(struct loop_watch *w); /* NULL is fine */

/* Calls fn at the end of every turn of the loop, before it waits: what many callbacks of a turn
 * asked for is done once there. Keeps no loop running. */
struct loop_turn *loop_turn_start(struct loop *l, void (*fn)(void *arg), void *arg);
void loop_turn_stop(struct loop_turn *t); /* NULL is fine */

#define LOOP_CHUNK 65536 /* what a stream reads at once: fewer bytes were all that was there */

/* Streams: local sockets (Unix socket, or named pipe on Windows) and loopback TCP. */
struct loop_stream_ops {
	/* Connected (err NULL) or not. Not called for accepted streams. May be NULL. */
	void (*connected)(struct loop_stream *s, const char *error, void *arg);
	void (*data)(struct loop_stream *s, const char *p, size_t n, void *arg);
	/* End of file or an error; the stream must still be closed by loop_stream_close. */
	void (*ended)(struct loop_stream *s, void *arg);
	/* Everything queued was written. May be NULL. */
	void (*drained)(struct loop_stream *s, void *arg);
};

/* Starts connecting to a local socket; reading starts by itself once connected. `ops` must outlive
 * the stream. */
struct loop_stream *loop_stream_connect(struct loop *l, const char *path, const struct loop_stream_ops *ops, void *arg);
struct loop_stream *loop_stream_connect_tcp(struct loop *l, const char *ip, uint16_t port,
					    const struct loop_stream_ops *ops, void *arg);
/* A pipe's end that is open: takes fd, which is only read from or only written to. NULL where it
 * cannot be used. */
struct loop_stream *loop_stream_open(struct loop *l, int fd, bool reads, const struct loop_stream_ops *ops, void *arg);
/* While held nothing is read, and so no end is seen; also from within `data`. */
void loop_stream_hold(struct loop_stream *s, bool on);
/* Gives an accepted stream its callbacks and starts reading. */
void loop_stream_set(struct loop_stream *s, const struct loop_stream_ops *ops, void *arg);
/* Copies the bytes and queues them. 0, or -1 when the stream has ended. */
int loop_stream_write(struct loop_stream *s, const void *p, size_t n);
/* Bytes queued and not yet written. */
size_t loop_stream_queued(const struct loop_stream *s);
/* Its descriptor, for what only host/ knows how to do with it; -1 where it has none. */
int loop_stream_fd(const struct loop_stream *s);
void loop_stream_close(struct loop_stream *s); /* NULL is fine */

/* Listens on a local socket with mode 0600; an old socket at that path is removed first. */
struct loop_server *loop_listen(struct loop *l, const char *path, void (*fn)(struct loop_stream *s, void *arg),
				void *arg, struct err *e);
void loop_server_close(struct loop_server *s);

/* libuv's text for its error number. */
const char *loop_strerror(int uverr);

#endif
