/* SPDX-License-Identifier: MIT */
/*
 * hash: SHA-256 (FIPS 180-4), the digest by which debwiz knows files, by OpenSSL's libcrypto: libcurl depends on it
 * anyway, and it uses the CPU's own instructions. SHA-512 is only compared with what publishers give.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_SIZE 32
#define HASH_HEX 65 /* with NUL */

/* Does for OpenSSL what json_guard_memory does. Must run before OpenSSL is used. */
void hash_guard_memory(void);

/* Keeps OpenSSL's algorithms usable to the end of the program. A library that loads them for a while (a librnp that is
 * built with OpenSSL) would take them with it, if nothing had used them before. */
void hash_hold_algorithms(void);

struct hash; /* a running digest */

struct hash *hash_new(void);
void hash_add(struct hash *h, const void *p, size_t n);
/* Writes the digest and frees it. */
void hash_end(struct hash *h, uint8_t out[HASH_SIZE]);
void hash_free(struct hash *h); /* frees an unfinished digest; NULL is fine */

void hash_bytes(const void *p, size_t n, uint8_t out[HASH_SIZE]);
/* Computes the digest of the whole file and its size (unless NULL); moves fd's offset. Blocks. */
int hash_fd(int fd, uint8_t out[HASH_SIZE], uint64_t *size, struct err *e);
/* Compares the whole file with 64 (SHA-256) or 128 (SHA-512) hexadecimal digits of either case; moves fd's offset.
 * Blocks. */
#define HASH_HEX_512 129 /* with NUL */
int hash_check_fd(int fd, const char *hex, bool *same, struct err *e);
void hash_hex(const uint8_t in[HASH_SIZE], char out[HASH_HEX]);
/* Reads 64 hexadecimal digits of either case. Returns false for anything else. */
bool hash_from_hex(const char *hex, uint8_t out[HASH_SIZE]);

#endif
