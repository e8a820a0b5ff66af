/* SPDX-License-Identifier: MIT */
/*
 * buf: a growable array of bytes with a limit.
 *
 * Invariants: data is never NULL after buf_init, and a NUL that does not count follows the len bytes. A buffer for
 * input from outside has a limit: an append that would exceed it changes nothing and returns -1.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size; /* allocated, 0 while data is the shared empty string */
	size_t cap;  /* most bytes that it may hold, 0: no limit */
};

/* Life cycle */
void buf_init(struct buf *b, size_t cap);
void buf_fini(struct buf *b);	/* frees; the buffer is then empty and usable */
char *buf_steal(struct buf *b); /* returns the NUL-terminated bytes, owned by the caller; the buffer is then empty */

/* Frees a local buffer when its scope is left; AUTO_BUF struct buf b = {0}, or buf_init before any return. */
#define AUTO_BUF __attribute__((cleanup(buf_fini)))

/* Content. Return 0, or -1 if the limit would be exceeded. */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);
/* Removes the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
/* Reserves n more bytes and returns their address, or NULL if the limit would be exceeded; the caller then raises
 * len. */
char *buf_reserve(struct buf *b, size_t n);

#endif
