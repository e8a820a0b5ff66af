/* SPDX-License-Identifier: MIT */
/* fdpass: passes an open file to another process over a local socket. */
#ifndef HOST_FDPASS_H
#define HOST_FDPASS_H

#include <stddef.h>

/* Makes two connected sockets for two other processes. The caller closes them. -1 with errno. */
int host_socket_pair(int ends[2]);
/* Sends n bytes with the descriptor `fd` attached to the first; the caller keeps its own. Returns 0, or -1 if the
 * socket does not accept all of them in one call. */
int host_send_fd(int socket, int fd, const void *p, size_t n);

#endif
