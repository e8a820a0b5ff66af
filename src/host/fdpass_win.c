/* SPDX-License-Identifier: MIT */
/* fdpass_win: Windows passes no descriptors through sockets. */
#include "host/fdpass.h"

#include <errno.h>

int host_socket_pair(int ends[2])
{
	ends[0] = ends[1] = -1;
	errno = ENOTSUP;
	return -1;
}

int host_socket_waiting(const char *path, int *listener, int *end)
{
	(void)path;
	*listener = *end = -1;
	errno = ENOTSUP;
	return -1;
}

int host_send_fd(int socket, int fd, const void *p, size_t n)
{
	(void)socket;
	(void)fd;
	(void)p;
	(void)n;
	errno = ENOTSUP;
	return -1;
}
