/* SPDX-License-Identifier: MIT */
/*
 * proc_detach: processes that outlive us or replace us. Between fork and exec only functions are called that are
 * safe there (POSIX signal safety), since other threads may hold any lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/paths.h"
#include "host/proc.h"
#include "proc_priv.h"

#ifndef NSIG
#define NSIG 65
#endif

extern char **environ;

/* What the child reports: its pid and errno 0, or the errno of what failed. A pipe transfers it whole. */
struct news {
	int64_t pid;
	int failed;
};

/* Resets signals: a new program must not start with ours ignored or blocked. */
static void proc_detach_reset_signals(void)
{
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		sigaction(n, &fresh, NULL); /* signals that cannot be set stay unchanged */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool proc_detach_use_as(int fd, int target)
{
	return fd >= 0 && dup2(fd, target) >= 0;
}

/* Runs in the grandchild; never returns. */
static void proc_detach_become(const char *file, char *const *argv, int log, int inherit, int report)
{
	int null = open("/dev/null", O_RDWR);
	struct news news = {.pid = getpid()};

	proc_detach_reset_signals();
	if (proc_detach_use_as(null, 0) && proc_detach_use_as(null, 1) &&
	    proc_detach_use_as(log >= 0 ? log : null, 2) && chdir("/") == 0) {
		bool kept = inherit >= 0 && proc_detach_use_as(inherit, PROC_INHERITED) &&
			    fcntl(PROC_INHERITED, F_SETFD, 0) == 0;

		for (int fd = 3; fd < 256; fd++) {
			if (fd != report && !(kept && fd == PROC_INHERITED))
				close(fd);
		}
		if (write(report, &news, sizeof(news)) == sizeof(news))
			execve(file, argv, environ);
	}
	news.failed = errno;
	_exit(write(report, &news, sizeof(news)) == sizeof(news) ? 127 : 126);
}

/* Reads one whole message; false at the end of the pipe. */
static bool proc_detach_hear(int fd, struct news *out)
{
	ssize_t n;

	do
		n = read(fd, out, sizeof(*out));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*out);
}

/* Opens a pipe whose descriptors are above those that the child gets: in this process they may be closed. */
static int proc_detach_report_pipe(int ends[2])
{
	int raw[2];

	if (pipe(raw) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, PROC_INHERITED + 1);
		close(raw[i]);
	}
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return -1;
}

void proc_leave_no_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0; /* the hard limit stays, so that a debugging user can raise it */
		setrlimit(RLIMIT_CORE, &limit);
	}
}

int proc_detach(char *const *argv, const char *log_path, int inherit, int64_t *pid, struct err *e)
{
	char *file = host_which(argv[0]);
	struct news first = {.failed = ECHILD}, second;
	int ends[2], log = -1, status, r = -1;
	pid_t child;

	if (!file)
		return proc_missing(argv[0], e);
	if (log_path) {
		log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		if (log < 0) {
			err_errno(e, errno, "exec-log", "cannot write %s", log_path);
			goto out;
		}
	}
	if (proc_detach_report_pipe(ends) < 0) {
		err_errno(e, errno, "exec-failed", "cannot start %s", file);
		goto out;
	}
	child = fork();
	if (child == 0) {
		/* Forks twice: a leader of its own session, then a child of that, whose parent is init. So it
		 * neither becomes a zombie of ours nor can get a controlling terminal. */
		setsid();
		child = fork();
		if (child == 0)
			proc_detach_become(file, argv, log, inherit, ends[1]);
		if (child < 0) {
			first.failed = errno;
			_exit(write(ends[1], &first, sizeof(first)) == sizeof(first) ? 126 : 125);
		}
		_exit(0);
	}
	if (child < 0)
		first.failed = errno;
	close(ends[1]);
	if (child > 0) {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		/* exec closes the pipe; a second message is the errno of a failed exec */
		if (proc_detach_hear(ends[0], &first) && !first.failed && proc_detach_hear(ends[0], &second))
			first = second;
	}
	close(ends[0]);
	if (first.failed) {
		err_errno(e, first.failed, "exec-failed", "cannot start %s", file);
	} else {
		*pid = first.pid;
		r = 0;
	}
out:
	if (log >= 0)
		close(log);
	free(file);
	return r;
}

int proc_exec(char *const *argv, struct err *e)
{
	char *file = host_which(argv[0]);

	if (!file)
		return proc_missing(argv[0], e);
	proc_detach_reset_signals();
	execve(file, argv, environ);
	err_errno(e, errno, "exec-failed", "cannot start %s", file);
	free(file);
	return -1;
}
