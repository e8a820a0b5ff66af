/* SPDX-License-Identifier: MIT */
/*
 * password: hashes passwords for the guest's shadow(5): by this host's crypt(3) if it knows SHA-512, else by
 * base/sha_crypt.h.
 */
#ifndef HOST_PASSWORD_H
#define HOST_PASSWORD_H

#include "base/err.h"

/* Returns the SHA-512 crypt ("$6$") of a password with a random salt; the caller wipes and frees it. Takes some
 * milliseconds. Error id "random" if this host gives no random bytes. */
int host_password_hash(const char *password, char **hash, struct err *e);

#endif
