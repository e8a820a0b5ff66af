/* SPDX-License-Identifier: MIT */
/* buf: a growable array of bytes with a limit. */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char empty[1];

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.data = empty, .cap = cap};
}

void buf_fini(struct buf *b)
{
	if (b->size)
		free(b->data);
	buf_init(b, b->cap);
}

char *buf_steal(struct buf *b)
{
	char *data = b->size ? b->data : xstrdup("");

	buf_init(b, b->cap);
	return data;
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t size;

	if (n > SIZE_MAX / 2 - b->len || (b->cap && b->len + n > b->cap))
		return NULL;
	if (b->len + n + 1 > b->size) {
		size = b->size ? b->size : 64;
		while (size < b->len + n + 1)
			size *= 2;
		b->data = xrealloc(b->size ? b->data : NULL, size);
		b->size = size;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

int buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);

	if (!to)
		return -1;
	if (n)
		memcpy(to, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int r;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	r = buf_adds(b, text);
	free(text);
	return r;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->size)
		b->data[0] = '\0';
}

void buf_drop(struct buf *b, size_t n)
{
	if (!n)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}
