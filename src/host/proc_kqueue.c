/* SPDX-License-Identifier: MIT */
/* proc_kqueue: the exit of a process by kqueue(2) of the BSDs and macOS. */
#include <sys/types.h>

#include <fcntl.h>
#include <stddef.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

#include "proc_priv.h"

int proc_end_fd(int64_t pid)
{
	struct kevent event;
	int fd = kqueue();

	if (fd < 0)
		return -1;
	EV_SET(&event, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 0);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || kevent(fd, &event, 1, NULL, 0, NULL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}
