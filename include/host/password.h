/* SPDX-License-Identifier: MIT */
/*
 * password: hashes for the guest's shadow(5), made by this host's crypt(3).
 */
#ifndef HOST_PASSWORD_H
#define HOST_PASSWORD_H

#include "base/err.h"

/* SHA-512 crypt ("$6$") of a password with a random salt; owned by the caller, who wipes it. Takes
 * some milliseconds. Error id "no-crypt" where this host's crypt(3) knows no SHA-512. */
int host_password_hash(const char *password, char **hash, struct err *e);

#endif
