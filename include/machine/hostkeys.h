/* SPDX-License-Identifier: MIT */
/*
 * hostkeys: a machine's known_hosts text (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), which holds the keys that its guest
 * reports.
 */
#ifndef MACHINE_HOSTKEYS_H
#define MACHINE_HOSTKEYS_H

#include <stdbool.h>

#include "base/buf.h"

/* Removes every line of that host. */
void hostkeys_forget(struct buf *text, const char *host);
/* Gives the host's keys another host name. */
void hostkeys_rename(struct buf *text, const char *from, const char *to);
/* Adds a line, or replaces the one of the same host and type. False if type or key are not valid in such a line
 * (they come from a guest). */
bool hostkeys_set(struct buf *text, const char *host, const char *type, const char *key);

#endif
