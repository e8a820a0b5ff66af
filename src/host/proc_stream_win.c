/* SPDX-License-Identifier: MIT */
/* proc_stream_win: a child between pipes, which are polled: a blocking call could not be cancelled. */
#include <windows.h>

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "host/proc.h"
#include "host/proc_stream.h"
#include "proc_priv.h"
#include "proc_win.h"
#include "win.h"

#define STEP_MS 5
#define SAID_MAX 2000

/* Creates a pipe: a descriptor for us and a handle for the child. */
static int proc_stream_win_pipe(bool we_write, int *ours, HANDLE *theirs)
{
	DWORD mode = PIPE_NOWAIT;
	HANDLE read, write;

	if (!CreatePipe(&read, &write, NULL, 65536))
		return win_fail();
	*theirs = we_write ? read : write;
	if (we_write)
		SetNamedPipeHandleState(write, &mode, NULL, NULL);
	*ours = _open_osfhandle((intptr_t)(we_write ? write : read), _O_BINARY | _O_NOINHERIT);
	return *ours < 0 ? -1 : 0;
}

static void proc_stream_win_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int proc_stream_start(struct proc_stream *s, char *const *argv, const atomic_bool *cancel, struct err *e)
{
	struct proc_win_conf conf = {.flags = CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW};
	struct proc_win made = {.process = NULL};
	int r;

	*s = (struct proc_stream){.to = -1, .from = -1, .said = -1, .cancel = cancel};
	buf_init(&s->text, 0);
	if (proc_stream_win_pipe(true, &s->to, &conf.in) < 0 || proc_stream_win_pipe(false, &s->from, &conf.out) < 0 ||
	    proc_stream_win_pipe(false, &s->said, &conf.err) < 0)
		r = err_errno(e, errno, "exec-failed", "cannot start %s", argv[0]);
	else
		r = proc_win_create(argv, &conf, &made, e);
	for (size_t i = 0; i < 3; i++) {
		HANDLE h = i == 0 ? conf.in : i == 1 ? conf.out : conf.err;

		if (h)
			CloseHandle(h);
	}
	if (r < 0) {
		proc_stream_win_close(&s->to);
		proc_stream_win_close(&s->from);
		proc_stream_win_close(&s->said);
		return -1;
	}
	s->process = made.process;
	s->pid = made.pid;
	return 0;
}

/* Returns how many bytes wait in the pipe; -1 at its end. */
static int proc_stream_win_waiting(int fd)
{
	DWORD n = 0;

	return PeekNamedPipe((HANDLE)_get_osfhandle(fd), NULL, 0, NULL, &n, NULL) ? (int)n : -1;
}

/* Reads its standard error and keeps the last bytes. */
static void proc_stream_win_listen(struct proc_stream *s)
{
	int waiting = s->said < 0 ? 0 : proc_stream_win_waiting(s->said);
	char text[4096];
	int n;

	if (waiting < 0)
		proc_stream_win_close(&s->said);
	if (waiting <= 0)
		return;
	n = (int)read(s->said, text, waiting < (int)sizeof(text) ? (unsigned)waiting : sizeof(text));
	if (n > 0)
		buf_add(&s->text, text, (size_t)n);
	if (s->text.len > SAID_MAX)
		buf_drop(&s->text, s->text.len - SAID_MAX);
}

/* Waits a little; -1 with ECANCELED if the work is cancelled. */
static int proc_stream_win_step(struct proc_stream *s)
{
	proc_stream_win_listen(s);
	if (s->cancel && atomic_load(s->cancel)) {
		errno = ECANCELED;
		return -1;
	}
	Sleep(STEP_MS);
	return 0;
}

int proc_stream_write(struct proc_stream *s, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		DWORD done = 0, part = n < 4096 ? (DWORD)n : 4096; /* a full pipe takes nothing of what does not fit */

		if (!WriteFile((HANDLE)_get_osfhandle(s->to), at, part, &done, NULL))
			return win_fail();
		at += done;
		n -= done;
		if (!done && proc_stream_win_step(s) < 0)
			return -1;
	}
	return 0;
}

ssize_t proc_stream_read(struct proc_stream *s, void *p, size_t n)
{
	int waiting;

	while ((waiting = proc_stream_win_waiting(s->from)) == 0)
		if (proc_stream_win_step(s) < 0)
			return -1;
	if (waiting < 0)
		return 0;
	return read(s->from, p, (size_t)waiting < n ? (unsigned)waiting : (unsigned)n);
}

int proc_stream_finish(struct proc_stream *s, bool stop, char **said)
{
	char dropped[4096];
	DWORD code = 1;

	proc_stream_win_close(&s->to);
	while (!stop && proc_stream_read(s, dropped, sizeof(dropped)) > 0)
		continue;
	while (!stop && s->said >= 0 && proc_stream_win_step(s) == 0)
		continue;
	proc_stream_win_close(&s->from);
	if (stop || (s->cancel && atomic_load(s->cancel)))
		TerminateProcess(s->process, 128 + 15);
	WaitForSingleObject(s->process, INFINITE);
	GetExitCodeProcess(s->process, &code);
	CloseHandle(s->process);
	*said = proc_lines_as_one(&s->text);
	buf_fini(&s->text);
	proc_stream_win_close(&s->said);
	return (int)code;
}
