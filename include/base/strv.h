/* SPDX-License-Identifier: MIT */
/*
 * strv: an ordered list of owned strings, NULL-terminated so that it can be an argv. A zero-initialized list is
 * empty (items may then be NULL: use strv_argv for an argv).
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **items; /* items[len] is NULL after the first addition */
	size_t len;
	size_t size;
};

#define STRV_INIT                                                                                                      \
	{                                                                                                              \
		.items = NULL                                                                                          \
	}

void strv_fini(struct strv *v);
/* Frees a local list when its scope is left: AUTO_STRV struct strv v = STRV_INIT. */
#define AUTO_STRV __attribute__((cleanup(strv_fini)))
void strv_add(struct strv *v, const char *s); /* copies */
void strv_take(struct strv *v, char *s);      /* takes ownership */
void strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_copy(struct strv *to, const struct strv *from); /* replaces the content of `to` */
bool strv_has(const struct strv *v, const char *s);
bool strv_equal(const struct strv *a, const struct strv *b);
void strv_sort(struct strv *v); /* by byte value; keeps duplicates */
void strv_uniq(struct strv *v); /* removes equal neighbours */
/* Splits at any of the characters in `seps`, omits empty pieces and appends the others to v. */
void strv_split(struct strv *v, const char *s, const char *seps);
char *strv_join(const struct strv *v, const char *sep); /* owned by the caller */
char **strv_argv(struct strv *v);			/* borrowed, NULL-terminated, never NULL */

#endif
