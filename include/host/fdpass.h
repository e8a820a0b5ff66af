/* SPDX-License-Identifier: MIT */
/* fdpass: passes open files to other processes, over a local socket and as its ends. */
#ifndef HOST_FDPASS_H
#define HOST_FDPASS_H

#include <stddef.h>

/* Makes two connected sockets for two other processes. The caller closes them. -1 with errno. */
int host_socket_pair(int ends[2]);
/* Makes a listening socket and a connection to it that waits to be accepted, for two other processes of which one
 * accepts its connection by itself. `path`: where, for a moment. The caller closes both. -1 with errno. */
int host_socket_waiting(const char *path, int *listener, int *end);
/* Sends n bytes with the descriptor `fd` attached to the first; the caller keeps its own. Returns 0, or -1 if the
 * socket does not accept all of them in one call. */
int host_send_fd(int socket, int fd, const void *p, size_t n);

#endif
