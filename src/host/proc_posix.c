/* SPDX-License-Identifier: MIT */
/* proc_posix: signals and inherited descriptors. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "host/proc.h"
#include "proc_priv.h"

/* The child inherits none of our descriptors, nor those of the process that started us. */
static void proc_posix_close_on_exec(void)
{
	for (int fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

static void proc_posix_ignore(int signum)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&ignore.sa_mask);
	sigaction(signum, &ignore, NULL);
}

int proc_status_signal(int64_t status)
{
	(void)status;
	return 0;
}

void proc_before_spawn(void)
{
	proc_posix_close_on_exec();
	proc_posix_ignore(SIGPIPE);
}

bool proc_standard_descriptors(void)
{
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDOUT_FILENO ? O_RDONLY : O_RDWR) != i)
			return false;
	return true;
}

void proc_ignore_size_signal(void)
{
	proc_posix_ignore(SIGXFSZ);
}

void proc_signal_kill(const struct proc_id *id)
{
	if (proc_alive(id))
		kill((pid_t)id->pid, SIGKILL);
}

void proc_signal_hangup(const struct proc_id *id)
{
	if (proc_alive(id))
		kill((pid_t)id->pid, SIGHUP);
}

void proc_signal_terminate(const struct proc_id *id)
{
	if (proc_alive(id))
		kill((pid_t)id->pid, SIGTERM);
}
