/* SPDX-License-Identifier: MIT */
/*
 * hash: SHA-256 (FIPS 180-4), the only digest that debwiz trusts. Wraps OpenSSL's
 * libcrypto, which libcurl brings along and which uses the CPU's own instructions.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_SIZE 32
#define HASH_HEX 65 /* with NUL */

/* As json_guard_memory, for OpenSSL: before it was used. */
void hash_guard_memory(void);

struct hash; /* a running digest */

struct hash *hash_new(void);
void hash_add(struct hash *h, const void *p, size_t n);
/* Ends the digest and frees it. */
void hash_end(struct hash *h, uint8_t out[HASH_SIZE]);
void hash_free(struct hash *h); /* for one that is given up; NULL is fine */

void hash_bytes(const void *p, size_t n, uint8_t out[HASH_SIZE]);
/* Digest of everything readable from fd's start; fd's offset is moved. Blocks. */
int hash_fd(int fd, uint8_t out[HASH_SIZE], uint64_t *size, struct err *e);
void hash_hex(const uint8_t in[HASH_SIZE], char out[HASH_HEX]);
/* 64 hex digits, either case; false otherwise. */
bool hash_from_hex(const char *hex, uint8_t out[HASH_SIZE]);

#endif
