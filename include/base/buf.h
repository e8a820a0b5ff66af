/* SPDX-License-Identifier: MIT */
/*
 * buf: a growable run of bytes with a cap.
 *
 * Invariants: data is never NULL after buf_init and always has a NUL behind len bytes (which does
 * not count). A buffer fed from outside has a cap: an append that would pass it changes nothing
 * and returns -1.
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
	size_t cap;  /* most bytes it may hold, 0: no cap */
};

/* Life cycle */
void buf_init(struct buf *b, size_t cap);
void buf_fini(struct buf *b);	/* frees; the buffer is empty and usable again */
char *buf_steal(struct buf *b); /* the NUL-terminated bytes, owned by the caller; buf is empty */

/* Frees a local buffer when its scope is left; AUTO_BUF struct buf b = {0}, or buf_init before any return. */
#define AUTO_BUF __attribute__((cleanup(buf_fini)))

/* Content; 0, or -1 when the cap would be passed */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);
/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
/* Makes room for n more bytes and returns where they go; raise len afterwards. NULL: cap. */
char *buf_reserve(struct buf *b, size_t n);

#endif
