/* SPDX-License-Identifier: MIT */
/* proc_foreground: runs a program in the foreground, as a shell does, and waits for its exit. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/paths.h"
#include "host/proc.h"
#include "proc_priv.h"

extern char **environ;

static const int ours[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
#define OURS ARRAY_SIZE(ours)

static volatile sig_atomic_t proc_foreground_pid, proc_foreground_last, proc_foreground_early;

/* What the terminal sends for a key has reached the child as well. */
static void proc_foreground_on_signal(int number, siginfo_t *info, void *context)
{
	bool key = (number == SIGINT || number == SIGQUIT) && info->si_code != SI_USER;

	(void)context;
	proc_foreground_last = number;
	if (proc_foreground_pid > 0 && !key)
		kill((pid_t)proc_foreground_pid, number);
	else if (!key)
		proc_foreground_early = number; /* another thread took it before the pid was known */
}

int proc_foreground_signal(void)
{
	return proc_foreground_last;
}

int proc_foreground(char *const *argv, int *status, struct err *e)
{
	struct sigaction note = {.sa_sigaction = proc_foreground_on_signal, .sa_flags = SA_SIGINFO}, old[OURS];
	char *file = host_which(argv[0]);
	posix_spawnattr_t attr;
	sigset_t fresh, none, all, mask;
	pid_t pid, got;
	int r, how;

	if (!file)
		return proc_missing(argv[0], e);
	sigemptyset(&none);
	sigemptyset(&fresh);
	sigaddset(&fresh, SIGPIPE);
	sigemptyset(&all);
	for (size_t i = 0; i < OURS; i++) {
		sigaddset(&fresh, ours[i]);
		sigaddset(&all, ours[i]);
	}
	sigemptyset(&note.sa_mask);
	proc_foreground_last = proc_foreground_early = 0;
	sigprocmask(SIG_BLOCK, &all, &mask); /* one that comes before the pid is known waits */
	for (size_t i = 0; i < OURS; i++)
		sigaction(ours[i], &note, &old[i]);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &fresh);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(&pid, file, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	proc_foreground_pid = r ? 0 : pid;
	if (proc_foreground_early && !r)
		kill(pid, proc_foreground_early);
	sigprocmask(SIG_SETMASK, &none, NULL);
	do
		got = r ? 0 : waitpid(pid, &how, 0);
	while (got < 0 && errno == EINTR);
	proc_foreground_pid = 0;
	for (size_t i = 0; i < OURS; i++)
		sigaction(ours[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (r || got < 0)
		err_errno(e, r ? r : errno, "exec-failed", "cannot run %s", file);
	else
		*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	free(file);
	return r || got < 0 ? -1 : 0;
}
