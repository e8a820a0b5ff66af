/* SPDX-License-Identifier: MIT */
/*
 * loop: the one event loop (libuv). Everything runs on the thread that calls loop_run, except the work functions of
 * loop_work, which run on a pool of threads and must not use the loop.
 *
 * A handle that a *_start or *_new function returned is freed by its stop or close function; its callback is not
 * called afterwards.
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
struct loop_exit;
struct loop_turn;
struct loop_watch;
struct loop_stream;
struct loop_server;

/* Does for libuv what json_guard_memory does. */
void loop_guard_memory(void);

struct loop *loop_new(void);
/* Frees the loop. Every handle must have been stopped. */
void loop_free(struct loop *l);
/* Runs until loop_stop, or until no handle can cause another event. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Handles what has happened so far, without waiting. */
void loop_poll(struct loop *l);
/* Returns monotonic milliseconds, independent of changes of the wall clock. */
uint64_t loop_now(struct loop *l);
/* Returns the libuv loop, for base/ and host/ only. */
void *loop_uv(struct loop *l);

/* Calls fn after `ms`, then `repeat_ms` after each call has returned (0: once). The handle must be stopped in either
 * case. */
struct loop_timer *loop_timer_start(struct loop *l, uint64_t ms, uint64_t repeat_ms, void (*fn)(void *arg), void *arg);
void loop_timer_stop(struct loop_timer *t); /* NULL is fine */

/* Runs `work` on a pool thread, then `done` on the loop's thread. */
void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);
/* Returns how many work functions run at the same time (at least 4). */
unsigned loop_work_width(void);
/* Returns how many CPUs this host has, at least 1. */
unsigned loop_cpus(void);

#define LOOP_READ 1
#define LOOP_WRITE 2
/* Watches a socket or pipe descriptor, or a terminal if the host's poll can. */
struct loop_fd *loop_fd_start(struct loop *l, int fd, int events, void (*fn)(int events, void *arg), void *arg);
void loop_fd_change(struct loop_fd *w, int events);
void loop_fd_stop(struct loop_fd *w);

struct loop_signal *loop_signal_start(struct loop *l, int signum, void (*fn)(void *arg), void *arg);
void loop_signal_stop(struct loop_signal *s);

/* Calls fn on each signal that asks the program to exit: SIGINT, SIGTERM, SIGHUP. One that arrives while the loop does
 * not run is handled by the next loop_run or loop_poll. Does not keep the loop running. */
struct loop_exit *loop_exit_start(struct loop *l, void (*fn)(void *arg), void *arg);
void loop_exit_stop(struct loop_exit *x); /* NULL is fine */

/* Calls fn when something in the folder (or the file itself) has changed, as far as this host's system reports it; a
 * change may be reported more than once. Returns NULL if it cannot be watched (it is missing, or there are no more
 * watches): check it on other occasions. Does not keep the loop running. */
struct loop_watch *loop_watch_start(struct loop *l, const char *path, void (*fn)(void *arg), void *arg);
void loop_watch_stop(struct loop_watch *w); /* NULL is fine */

/* Calls fn at the end of every turn of the loop, before it waits, so that the requests of many callbacks are handled
 * once. Does not keep the loop running. */
struct loop_turn *loop_turn_start(struct loop *l, void (*fn)(void *arg), void *arg);
void loop_turn_stop(struct loop_turn *t); /* NULL is fine */

#define LOOP_CHUNK 65536 /* bytes that a stream reads in one call; fewer bytes were everything available */

/* Streams: local sockets (Unix socket, or named pipe on Windows) and loopback TCP. */
struct loop_stream_ops {
	/* Reports the connection, or err if it failed. Not called for accepted streams. May be NULL. */
	void (*connected)(struct loop_stream *s, const char *error, void *arg);
	void (*data)(struct loop_stream *s, const char *p, size_t n, void *arg);
	/* Reports the end of file or an error; the stream must still be closed by loop_stream_close. */
	void (*ended)(struct loop_stream *s, void *arg);
	/* Reports that everything queued was written. May be NULL. */
	void (*drained)(struct loop_stream *s, void *arg);
};

/* Starts connecting to a local socket; reading starts once it is connected. `ops` must outlive the stream. */
struct loop_stream *loop_stream_connect(struct loop *l, const char *path, const struct loop_stream_ops *ops, void *arg);
struct loop_stream *loop_stream_connect_tcp(struct loop *l, const char *ip, uint16_t port,
					    const struct loop_stream_ops *ops, void *arg);
/* Takes fd, the open end of a pipe, which is only read or only written. Returns NULL if it cannot be used. */
struct loop_stream *loop_stream_open(struct loop *l, int fd, bool reads, const struct loop_stream_ops *ops, void *arg);
/* Stops and continues reading, so that the end is not seen either; also from within `data`. */
void loop_stream_hold(struct loop_stream *s, bool on);
/* Sets the callbacks of an accepted stream and starts reading. */
void loop_stream_set(struct loop_stream *s, const struct loop_stream_ops *ops, void *arg);
/* Copies the bytes and queues them. Returns 0, or -1 if the stream has ended. */
int loop_stream_write(struct loop_stream *s, const void *p, size_t n);
/* Returns the number of bytes queued and not yet written. */
size_t loop_stream_queued(const struct loop_stream *s);
/* Returns its descriptor, for operations that only host/ knows, or -1. */
int loop_stream_fd(const struct loop_stream *s);
void loop_stream_close(struct loop_stream *s); /* NULL is fine */

/* Listens on a local socket with mode 0600; removes an old socket at that path first. */
struct loop_server *loop_listen(struct loop *l, const char *path, void (*fn)(struct loop_stream *s, void *arg),
				void *arg, struct err *e);
void loop_server_close(struct loop_server *s);

/* Returns the version of libuv. */
const char *loop_library_version(void);
/* Returns libuv's text for its error number. */
const char *loop_strerror(int uverr);

#endif
