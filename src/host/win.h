/* SPDX-License-Identifier: MIT */
/* win: helpers of the files for Windows. */
#ifndef HOST_WIN_H
#define HOST_WIN_H

#include <stddef.h>
#include <wchar.h>

/* UTF-16 of UTF-8, and back; the caller frees them. */
wchar_t *win_wide(const char *text);
char *win_narrow(const wchar_t *wide);
/* Replaces each backslash by a slash, in place; returns the path. */
char *win_slashes(char *path);
/* Returns the errno of a code of GetLastError. */
int win_errno(unsigned long code);
/* Sets errno by GetLastError; returns -1. */
int win_fail(void);
/* Deletes a file immediately, even if it is open somewhere and the system can; 0 with GetLastError. */
int win_delete(const wchar_t *path);
/* Fills p with random bytes; -1 if the system gives none. */
int win_random(void *p, size_t n);

#endif
