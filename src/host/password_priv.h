/* SPDX-License-Identifier: MIT */
/* password_priv: what password.c needs of a host system. */
#ifndef HOST_PASSWORD_PRIV_H
#define HOST_PASSWORD_PRIV_H

/* Returns the hash by crypt(3), for a setting of method 6; owned. NULL: this host has no such function or method. */
char *password_by_system(const char *password, const char *setting);

#endif
