/* SPDX-License-Identifier: MIT */
/* fdpass: an open file handed to another process over a local socket. */
#ifndef HOST_FDPASS_H
#define HOST_FDPASS_H

#include <stddef.h>

/* Sends n bytes with the descriptor `fd` at their first one; the caller keeps its own. 0, or -1 when
 * the socket does not take all of them at once. */
int host_send_fd(int socket, int fd, const void *p, size_t n);

#endif
