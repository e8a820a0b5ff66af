/* SPDX-License-Identifier: MIT */
/* history: a ring of packed lines that grows up to its limits. */
#include "console/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct history_line {
	char *bytes;
	size_t n;
};

struct history {
	struct history_line *ring; /* line number L is at L % size */
	size_t size, lines;	   /* allocated; maximum */
	size_t bytes, bytes_max;
	uint64_t first, end;
};

struct history *history_new(size_t lines, size_t bytes)
{
	struct history *h = xcalloc(1, sizeof(*h));

	h->lines = lines;
	h->bytes_max = bytes;
	return h;
}

static void history_drop(struct history *h, uint64_t line)
{
	struct history_line *l = &h->ring[line % h->size];

	h->bytes -= l->n;
	free(l->bytes);
	*l = (struct history_line){0};
}

void history_clear(struct history *h)
{
	while (h->first < h->end)
		history_drop(h, h->first++);
}

void history_free(struct history *h)
{
	if (!h)
		return;
	history_clear(h);
	free(h->ring);
	free(h);
}

static void history_grow(struct history *h)
{
	size_t size = h->size ? h->size * 2 : 64;
	struct history_line *ring;

	if (size > h->lines)
		size = h->lines;
	ring = xcalloc(size, sizeof(*ring));
	for (uint64_t i = h->first; h->size && i < h->end; i++)
		ring[i % size] = h->ring[i % h->size];
	free(h->ring);
	h->ring = ring;
	h->size = size;
}

void history_push(struct history *h, const char *p, size_t n)
{
	struct history_line l = {.n = n};

	if (!h->lines)
		return;
	if (h->end - h->first == h->size && h->size < h->lines)
		history_grow(h);
	while (h->first < h->end && (h->end - h->first == h->size || h->bytes + n > h->bytes_max))
		history_drop(h, h->first++);
	l.bytes = xmalloc(n + 1);
	memcpy(l.bytes, p, n);
	h->ring[h->end % h->size] = l;
	h->end++;
	h->bytes += n;
}

bool history_pop(struct history *h)
{
	if (h->first == h->end)
		return false;
	history_drop(h, --h->end);
	return true;
}

uint64_t history_first(const struct history *h)
{
	return h->first;
}

uint64_t history_end(const struct history *h)
{
	return h->end;
}

const char *history_line(const struct history *h, uint64_t line, size_t *n)
{
	if (line < h->first || line >= h->end)
		return NULL;
	*n = h->ring[line % h->size].n;
	return h->ring[line % h->size].bytes;
}
