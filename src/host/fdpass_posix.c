/* SPDX-License-Identifier: MIT */
/* fdpass: passes descriptors by SCM_RIGHTS (POSIX.1-2024, unix(7)). */
#include "host/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

int host_socket_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* Returns a socket that programs started later do not inherit, or -1 with errno. */
static int fdpass_posix_open(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int host_socket_waiting(const char *path, int *listener, int *end)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int failed = 0;

	if (strlen(path) >= sizeof(name.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name.sun_path, path, strlen(path));
	(void)unlink(path);
	*listener = fdpass_posix_open();
	*end = fdpass_posix_open();
	if (*listener < 0 || *end < 0 || bind(*listener, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(*listener, 1) < 0 || connect(*end, (struct sockaddr *)&name, sizeof(name)) < 0)
		failed = errno;
	(void)unlink(path);
	if (!failed)
		return 0;
	if (*listener >= 0)
		close(*listener);
	if (*end >= 0)
		close(*end);
	errno = failed;
	return -1;
}

int host_send_fd(int socket, int fd, const void *p, size_t n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec bytes = {.iov_base = (void *)p, .iov_len = n};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	do
		sent = sendmsg(socket, &message, 0);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n ? 0 : -1;
}
