/* SPDX-License-Identifier: MIT */
/*
 * psk: the client's side of TLS with a pre-shared key, over bytes in memory: the caller reads and writes the socket.
 * Both sides prove that they know the key, and nothing is sent in clear. Only cipher suites whose authentication is
 * that key are used, so that no certificate can take its place.
 */
#ifndef BASE_PSK_H
#define BASE_PSK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define PSK_USER "debwiz" /* the identity that the client gives */

struct psk;

/* Writes a random key in hexadecimal digits. Returns -1 if this host gives no random numbers. */
int psk_key(char hex[HASH_HEX], struct err *e);
/* Starts a session. Returns NULL if `hex` is not a key. */
struct psk *psk_new(const char *hex);
/* Takes bytes of the peer (none at the start). Appends to `plain` what it wrote, and to `out` what must be sent to it.
 * Returns -1 if the peer does not have the key or breaks the protocol. */
int psk_feed(struct psk *k, const void *p, size_t n, struct buf *plain, struct buf *out);
/* Returns whether the peer has proved that it has the key. */
bool psk_is_ready(const struct psk *k);
/* Appends the bytes, encrypted, to `out`, each in a record of its own: QEMU's monitor reads one byte at a time, and
 * QEMU 7.2 waits for the socket before it reads the next one, even if that byte has arrived in the same record. Returns
 * -1 if the session is not ready. */
int psk_write(struct psk *k, const void *p, size_t n, struct buf *out);
void psk_free(struct psk *k); /* NULL is fine */

#endif
