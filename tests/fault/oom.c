/* SPDX-License-Identifier: MIT */
/*
 * oom: preloaded into a program under test, counts its allocations and lets one fail. Input, by
 * environment: OOM_NAME, the name of the program that it is about (its children are not affected);
 * OOM_COUNT, a file of 8 bytes, the count of all its processes; OOM_AT, the number of the allocation
 * that fails, 0: none; OOM_ON, anything: so do all that follow. glibc alone: it has the allocators by
 * a second name. Must change nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

static atomic_ulong *counter;
static unsigned long fatal;
static bool goes_on;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("OOM_NAME");
	const char *count = getenv("OOM_COUNT");
	const char *at = getenv("OOM_AT");
	int fd = name && !strcmp(name, program_invocation_short_name) && count ? open(count, O_RDWR | O_CLOEXEC) : -1;
	void *p = fd >= 0 ? mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	fatal = at ? strtoul(at, NULL, 10) : 0;
	goes_on = getenv("OOM_ON") != NULL;
	if (p != MAP_FAILED)
		counter = p;
}

static bool fails(void)
{
	unsigned long n = counter ? atomic_fetch_add(counter, 1) + 1 : 0;

	if (!fatal || !counter || n < fatal || (n > fatal && !goes_on))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return fails() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t count, size_t n)
{
	size_t all;

	if (__builtin_mul_overflow(count, n, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	void *p = fails() ? NULL : __libc_memalign(align, n);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void *aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

void *memalign(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}
