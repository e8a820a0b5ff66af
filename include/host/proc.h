/* SPDX-License-Identifier: MIT */
/*
 * proc: child processes. A child's standard input is empty unless a pipe is asked for; all other
 * descriptors are closed in it.
 */
#ifndef HOST_PROC_H
#define HOST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"

struct proc;

struct proc_conf {
	char *const *argv; /* argv[0] is the program: a path, or looked up in PATH */
	char *const *env;  /* NULL: ours */
	const char *dir;   /* NULL: ours */
	/* Where output goes: to the callback, or dropped when it is NULL. Called with n 0 at its end. */
	void (*output)(int fd, const char *p, size_t n, void *arg); /* fd 1 or 2 */
	/* Ended: status >= 0 is the exit status, or signal > 0. Called once, after all output. The proc is
	 * freed after it. */
	void (*ended)(int64_t status, int signal, void *arg);
	void *arg;
	bool new_session; /* detached from the terminal and our process group */
	bool stdin_text;  /* feed `input` to its standard input */
	const char *input;
	size_t input_len;
};

/* NULL with e when it could not be started (id "exec-missing" when there is no such program). */
struct proc *proc_start(struct loop *l, const struct proc_conf *conf, struct err *e);
int64_t proc_pid(const struct proc *p);
/* TERM or KILL (or what the host has for them). */
void proc_terminate(struct proc *p);
void proc_kill(struct proc *p);

/* Runs argv, gathers standard output (at most cap bytes) and waits. Blocks: never on the UI loop,
 * fine in a work function. A status other than 0 is an error with the first lines of its standard
 * error, escapes neutralised. `out` may be NULL. */
int proc_run(char *const *argv, size_t cap, struct buf *out, struct err *e);
/* As proc_run, but any exit status is an answer. */
int proc_run_status(char *const *argv, size_t cap, struct buf *out, int *status, struct err *e);

/* From now on this process and its children leave no core file: it would hold secrets (a password's
 * hash, a guest's memory). */
void proc_leave_no_core(void);
/* Starts a program that outlives us: new session, standard descriptors on /dev/null (2 appended to
 * `log_path` when given), working folder /. Gives its pid. */
int proc_detach(char *const *argv, const char *log_path, int64_t *pid, struct err *e);
/* Runs argv with our standard descriptors, in our process group, and waits for its exit: *status as a shell has
 * it, 128 and the signal where one ended it. Ctrl-C and Ctrl-\ reach it alone, SIGTERM and SIGHUP to us are passed on.
 * Blocks. */
int proc_foreground(char *const *argv, int *status, struct err *e);
/* Replaces this process; returns only on error. */
int proc_exec(char *const *argv, struct err *e);

/* A process as recorded: pid and start time identify it also after pids were used again. */
struct proc_id {
	int64_t pid;
	uint64_t start; /* host's own unit; 0 where it is not known */
};
bool proc_identify(int64_t pid, struct proc_id *out);
bool proc_alive(const struct proc_id *id);
void proc_signal_kill(const struct proc_id *id);   /* kills it if it is still that process */
void proc_signal_hangup(const struct proc_id *id); /* ours listen anew then */
void proc_signal_terminate(const struct proc_id *id);
/* Whether a process that is gone now was one of this boot of the host; true where it is not known. */
bool proc_of_this_boot(const struct proc_id *id);

/* Who of this user's processes has that file open: "qemu-system-arm, pid 12"; owned, NULL: none found. */
char *proc_using_file(const char *path);

/* A process that is no child of ours, watched to its end; how it ended is not known. */
struct proc_watch;
/* `ended` is called once, never before this returns; also when it is gone already. */
struct proc_watch *proc_watch_start(struct loop *l, const struct proc_id *id, void (*ended)(void *arg), void *arg);
void proc_watch_stop(struct proc_watch *w); /* NULL is fine */
/* CPU time used so far in ms, resident bytes; false when it is gone. */
bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss);
/* Bytes that it has read so far, of whatever and from wherever; false, and 0, where the host does not tell. */
bool proc_read(int64_t pid, uint64_t *bytes);
/* Bytes read from and written to disks so far; false, and 0, where the host does not tell. */
bool proc_io(int64_t pid, uint64_t *bytes);

#endif
