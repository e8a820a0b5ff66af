/* SPDX-License-Identifier: MIT */
/*
 * sha_crypt: the password hash of crypt(3)'s method 6 (SHA-512), for hosts whose C library lacks it. Specification:
 * "Unix crypt using SHA-256 and SHA-512" by Ulrich Drepper (SHA-crypt.txt).
 */
#ifndef BASE_SHA_CRYPT_H
#define BASE_SHA_CRYPT_H

#define SHA_CRYPT_ROUNDS 5000u /* the method's default, which the hash does not name */
#define SHA_CRYPT_SALT 16      /* characters of a salt that count */

/* Returns "$6$SALT$HASH", with "rounds=N$" before the salt unless `rounds` is the default. `rounds` is 1000 to
 * 999999999; the salt has no "$". The caller wipes and frees the result. Takes some milliseconds. */
char *sha_crypt(const char *password, const char *salt, unsigned rounds);

#endif
