/* SPDX-License-Identifier: MIT */
/* mem: allocation that ends the program properly when memory runs out. */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*exit_hook)(void);

void mem_set_exit(void (*hook)(void))
{
	exit_hook = hook;
}

void mem_end(const char *why)
{
	static const char name[] = "debwiz: ";

	if (exit_hook)
		exit_hook();
	if (write(STDERR_FILENO, name, sizeof(name) - 1) < 0 || write(STDERR_FILENO, why, strlen(why)) < 0 ||
	    write(STDERR_FILENO, "\n", 1) < 0)
		_exit(1);
	_exit(1);
}

static void *mem_checked(void *p)
{
	if (!p)
		mem_end("out of memory");
	return p;
}

void mem_auto_free(void *pointer)
{
	void *held;

	memcpy(&held, pointer, sizeof(held));
	free(held);
}

void *xmalloc(size_t n)
{
	return mem_checked(malloc(n ? n : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return mem_checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
	return mem_checked(realloc(p, n ? n : 1));
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return mem_checked(NULL);
	return xrealloc(p, count * size);
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	const char *end = memchr(s, '\0', n);
	char *copy;

	if (end)
		n = (size_t)(end - s);
	copy = xmalloc(n + 1);
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return xstrdup("");
	text = xmalloc((size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return text;
}

void mem_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, compare);
}

void mem_wipe(void *p, size_t n)
{
	volatile unsigned char *bytes = p;

	while (n--)
		*bytes++ = 0;
}
