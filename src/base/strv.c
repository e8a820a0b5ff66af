/* SPDX-License-Identifier: MIT */
/* strv: an ordered list of owned strings. */
#include "base/strv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void strv_fini(struct strv *v)
{
	for (size_t i = 0; i < v->len; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv)STRV_INIT;
}

void strv_take(struct strv *v, char *s)
{
	if (v->len + 2 > v->size) {
		v->size = v->size ? v->size * 2 : 8;
		v->items = xreallocarray(v->items, v->size, sizeof(*v->items));
	}
	v->items[v->len++] = s;
	v->items[v->len] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_copy(struct strv *to, const struct strv *from)
{
	struct strv copy = STRV_INIT;

	for (size_t i = 0; i < from->len; i++)
		strv_add(&copy, from->items[i]);
	strv_fini(to);
	*to = copy;
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->len; i++)
		if (!strcmp(v->items[i], s))
			return true;
	return false;
}

bool strv_equal(const struct strv *a, const struct strv *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i], b->items[i]))
			return false;
	return true;
}

static int strv_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	mem_sort(v->items, v->len, sizeof(*v->items), strv_compare);
}

void strv_uniq(struct strv *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->len; i++) {
		if (kept && !strcmp(v->items[kept - 1], v->items[i]))
			free(v->items[i]);
		else
			v->items[kept++] = v->items[i];
	}
	v->len = kept;
	if (v->items)
		v->items[kept] = NULL;
}

void strv_split(struct strv *v, const char *s, const char *seps)
{
	size_t n;

	for (s += strspn(s, seps); *s; s += strspn(s, seps)) {
		n = strcspn(s, seps);
		strv_take(v, xstrndup(s, n));
		s += n;
	}
}

char *strv_join(const struct strv *v, const char *sep)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < v->len; i++) {
		if (i)
			buf_adds(&b, sep);
		buf_adds(&b, v->items[i]);
	}
	return buf_steal(&b);
}

char **strv_argv(struct strv *v)
{
	if (!v->items) {
		v->size = 8;
		v->items = xcalloc(v->size, sizeof(*v->items));
	}
	return v->items;
}
