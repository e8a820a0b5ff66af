/* SPDX-License-Identifier: MIT */
/*
 * hostkeys: a machine's known_hosts text (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), to which the keys
 * go that its guest reports.
 */
#ifndef MACHINE_HOSTKEYS_H
#define MACHINE_HOSTKEYS_H

#include <stdbool.h>

#include "base/buf.h"

/* Drops every line of that host. */
void hostkeys_forget(struct buf *text, const char *host);
/* The host is called otherwise now; its keys stay. */
void hostkeys_rename(struct buf *text, const char *from, const char *to);
/* Puts a line in, in place of one of the same host and type. False when type or key are not what
 * such a line may hold (they come from a guest). */
bool hostkeys_set(struct buf *text, const char *host, const char *type, const char *key);

#endif
