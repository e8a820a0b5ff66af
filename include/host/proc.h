/* SPDX-License-Identifier: MIT */
/*
 * proc: child processes. A child's standard input is empty unless a pipe is requested; all other descriptors are
 * closed in it.
 */
#ifndef HOST_PROC_H
#define HOST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"

#define PROC_INHERITED 3      /* the number under which a child has the first descriptor that it is given */
#define PROC_INHERITED_MAX 16 /* how many those are at most */

struct proc;

struct proc_conf {
	char *const *argv; /* argv[0] is the program: a path, or looked up in PATH */
	char *const *env;  /* NULL: ours */
	const char *dir;   /* NULL: ours */
	/* Receives output, which is discarded if this is NULL. Called with n 0 at its end. */
	void (*output)(int fd, const char *p, size_t n, void *arg); /* fd 1 or 2 */
	/* Reports the end: status >= 0 is the exit status, or signal > 0. Called once, after all output; then the
	 * proc is freed. */
	void (*ended)(int64_t status, int signal, void *arg);
	void *arg;
	bool new_session;   /* detached from the terminal and our process group */
	const int *inherit; /* descriptors for the child, as PROC_INHERITED and following. Ours stay open */
	size_t inherit_count;
	bool stdin_text; /* feed `input` to its standard input */
	const char *input;
	size_t input_len;
};

/* Starts a child. Returns NULL with e filled on failure (id "exec-missing" if there is no such program). */
struct proc *proc_start(struct loop *l, const struct proc_conf *conf, struct err *e);
int64_t proc_pid(const struct proc *p);
/* Send TERM or KILL, or the host's equivalent. */
void proc_terminate(struct proc *p);
void proc_kill(struct proc *p);

/* Runs argv, collects its standard output (at most cap bytes) and waits for its exit. Blocks: for work functions,
 * never on the UI loop. A status other than 0 is an error with the first lines of its standard error, made safe for
 * a terminal. `out` may be NULL. */
int proc_run(char *const *argv, size_t cap, struct buf *out, struct err *e);
/* Does what proc_run does, but reports any exit status. */
int proc_run_status(char *const *argv, size_t cap, struct buf *out, int *status, struct err *e);

/* Opens descriptors 0, 1 and 2 if they are closed, or a file could get their numbers and our messages. Output to a
 * closed one remains an error. */
bool proc_standard_descriptors(void);
/* Makes a file beyond the limit of sizes an error of the write, instead of the end of the program. */
void proc_ignore_size_signal(void);
/* Prevents core files of this process and its children: they would contain secrets (the hash of a password, the
 * memory of a guest). */
void proc_leave_no_core(void);
/* Starts a program that outlives us: new session, standard descriptors on /dev/null (2 appends to `log_path` if
 * given), `inherit` (-1: none) as PROC_INHERITED, working folder /. Sets its pid. */
int proc_detach(char *const *argv, const char *log_path, int inherit, int64_t *pid, struct err *e);
/* Runs argv with our standard descriptors, in our process group, and waits for its exit: *status as a shell reports
 * it, 128 plus the signal that ended it. SIGTERM and SIGHUP to us are passed on, as are SIGINT and SIGQUIT from a
 * process; those for Ctrl-C and Ctrl-\ the terminal sends to the child as well. Blocks. */
int proc_foreground(char *const *argv, int *status, struct err *e);
/* Returns the last signal of those (also SIGINT) that reached us during the last proc_foreground; 0: none. */
int proc_foreground_signal(void);
/* Replaces this process; returns only on error. */
int proc_exec(char *const *argv, struct err *e);

/* Identifies a process by pid and start time, also after the pid was used again. */
struct proc_id {
	int64_t pid;
	uint64_t start; /* in a unit of the host; 0 if unknown */
};
bool proc_identify(int64_t pid, struct proc_id *out);
bool proc_alive(const struct proc_id *id);
void proc_signal_kill(const struct proc_id *id);   /* Kills the process if it still is that one. */
void proc_signal_hangup(const struct proc_id *id); /* ours listen again then */
void proc_signal_terminate(const struct proc_id *id);
/* Returns whether an exited process ran since the last boot of the host; true if unknown. */
bool proc_of_this_boot(const struct proc_id *id);

/* Returns which process of this user has that file open ("qemu-system-arm, pid 12"; the caller frees it), or NULL. */
char *proc_using_file(const char *path);

/* Watches a process that is not a child of ours until it exits; how it exited is unknown. */
struct proc_watch;
/* Calls `ended` once, never before this returns; also if the process has already exited. */
struct proc_watch *proc_watch_start(struct loop *l, const struct proc_id *id, void (*ended)(void *arg), void *arg);
void proc_watch_stop(struct proc_watch *w); /* NULL is fine */
/* Reports the CPU time used so far in ms and the resident bytes; false if the process has exited. */
bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss);
/* Reports the bytes that it has read so far from files, sockets and devices; false, and 0, if the host does not
 * report them. */
bool proc_read(int64_t pid, uint64_t *bytes);
/* Reports the bytes read from and written to disks so far; false, and 0, if the host does not report them. */
bool proc_io(int64_t pid, uint64_t *bytes);

#endif
