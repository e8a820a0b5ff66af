/* SPDX-License-Identifier: MIT */
/*
 * mem: allocation that does not fail. When memory runs out, the hook of mem_set_exit runs (an interface restores
 * the terminal there) and the program exits with status 1.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* The number of elements of an array (not of a pointer). */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Frees the pointer when its scope is left: AUTO_FREE char *path = file_join(dir, name). Initialize it where it is
 * declared; `return mem_take(&path)` passes it to the caller. AUTO_BUF (base/buf.h), AUTO_STRV (base/strv.h),
 * AUTO_ERR (base/err.h) and AUTO_CLOSE (host/file.h) do the same for their types. Compilers: gcc, clang, mingw.
 */
#define AUTO_FREE __attribute__((cleanup(mem_auto_free)))
void mem_auto_free(void *pointer);

/* Returns the pointer and sets it to NULL: ownership passes to the caller. */
#define mem_take(pointer)                                                                                              \
	__extension__({                                                                                                \
		__typeof__(*(pointer)) mem_taken = *(pointer);                                                         \
		*(pointer) = NULL;                                                                                     \
		mem_taken;                                                                                             \
	})

void mem_set_exit(void (*hook)(void));
/* Exits in that way, with a message about what is missing. For failures that leave no other way. */
void mem_end(const char *why) __attribute__((noreturn));

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
/* Resizes to `count` items of `size` bytes; exits if the product overflows. */
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s); /* NULL for NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Sorts as qsort(3) does, but allows NULL for no items. */
void mem_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

/* Overwrites a secret before it is freed. */
void mem_wipe(void *p, size_t n);

#endif
