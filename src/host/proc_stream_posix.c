/* SPDX-License-Identifier: MIT */
/* proc_stream: a child between two pipes, for code that blocks. */
#include "host/proc_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/paths.h"
#include "proc_priv.h"

#define LOOK_MS 200
#define SAID_MAX 2000

extern char **environ;

/* Creates a pipe whose ends no other child inherits. */
static int proc_stream_make_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return -1;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static void proc_stream_close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int proc_stream_spawn(struct proc_stream *s, const char *file, char *const *argv, int in, int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t fresh;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&fresh);
	sigaddset(&fresh, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &fresh);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	r = posix_spawn(&pid, file, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	s->pid = r ? 0 : pid;
	return r;
}

int proc_stream_start(struct proc_stream *s, char *const *argv, const atomic_bool *cancel, struct err *e)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int in[2] = {-1, -1}, out[2] = {-1, -1}, said[2] = {-1, -1};
	char *file = host_which(argv[0]);
	int r;

	*s = (struct proc_stream){.to = -1, .from = -1, .said = -1, .cancel = cancel};
	if (!file)
		return proc_missing(argv[0], e);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL); /* a child that stops reading must not end this process */
	r = proc_stream_make_pipe(in) < 0 || proc_stream_make_pipe(out) < 0 || proc_stream_make_pipe(said) < 0 ? errno
													       : 0;
	if (!r)
		r = proc_stream_spawn(s, file, argv, in[0], out[1], said[1]);
	proc_stream_close_end(&in[0]);
	proc_stream_close_end(&out[1]);
	proc_stream_close_end(&said[1]);
	s->to = in[1];
	s->from = out[0];
	s->said = said[0];
	buf_init(&s->text, 0);
	if (r) {
		err_errno(e, r, "exec-failed", "cannot start %s", file);
		proc_stream_close_end(&s->to);
		proc_stream_close_end(&s->from);
		proc_stream_close_end(&s->said);
	} else {
		fcntl(s->to, F_SETFL, O_NONBLOCK);
		fcntl(s->said, F_SETFL, O_NONBLOCK);
	}
	free(file);
	return r ? -1 : 0;
}

/* Reads its standard error and keeps the last bytes. */
static void proc_stream_listen_to(struct proc_stream *s)
{
	char text[4096];
	ssize_t n = read(s->said, text, sizeof(text));

	if (n > 0)
		buf_add(&s->text, text, (size_t)n);
	if (s->text.len > SAID_MAX)
		buf_drop(&s->text, s->text.len - SAID_MAX);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		proc_stream_close_end(&s->said);
}

/* Waits until the descriptor is ready, or the work is cancelled (-1 with ECANCELED). */
static int proc_stream_await(struct proc_stream *s, int fd, short events)
{
	while (!s->cancel || !atomic_load(s->cancel)) {
		struct pollfd p[] = {{.fd = fd, .events = events}, {.fd = s->said, .events = POLLIN}};
		int r = poll(p, 2, LOOK_MS);

		if (r < 0 && errno != EINTR)
			return -1;
		if (r > 0 && p[1].revents)
			proc_stream_listen_to(s);
		if (r > 0 && p[0].revents)
			return 0;
	}
	errno = ECANCELED;
	return -1;
}

int proc_stream_write(struct proc_stream *s, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t r = proc_stream_await(s, s->to, POLLOUT) < 0 ? -1 : write(s->to, at, n);

		if (r < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (r > 0) {
			at += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

ssize_t proc_stream_read(struct proc_stream *s, void *p, size_t n)
{
	ssize_t r;

	do
		r = proc_stream_await(s, s->from, POLLIN) < 0 ? -1 : read(s->from, p, n);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r;
}

int proc_stream_finish(struct proc_stream *s, bool stop, char **said)
{
	char dropped[4096];
	int status = 0;

	proc_stream_close_end(&s->to);
	while (!stop && proc_stream_read(s, dropped, sizeof(dropped)) > 0)
		continue;
	while (!stop && s->said >= 0 && proc_stream_await(s, s->said, POLLIN) == 0)
		continue;
	proc_stream_close_end(&s->from);
	if (stop || (s->cancel && atomic_load(s->cancel)))
		kill((pid_t)s->pid, SIGTERM);
	while (waitpid((pid_t)s->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*said = proc_lines_as_one(&s->text);
	buf_fini(&s->text);
	proc_stream_close_end(&s->said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
