/* SPDX-License-Identifier: MIT */
/*
 * width: the columns that text takes on a terminal (wcwidth(3)), the same in every locale. Takes
 * harmless UTF-8 (base/text).
 */
#ifndef TUI_TOOLKIT_WIDTH_H
#define TUI_TOOLKIT_WIDTH_H

#include <stddef.h>

/* Returns the columns of a text. */
int width_of(const char *text);
/* Returns the bytes of the longest beginning that takes at most `columns`; *taken (or NULL): how many it takes. */
size_t width_cut(const char *text, int columns, int *taken);
/* Returns the bytes of the first line when broken at blanks to at most `columns`; a line feed ends it, too. */
size_t width_line(const char *text, int columns);
/* Returns the bytes of the character at `text`, with what combines with it; 0 at the end. */
size_t width_next(const char *text, int *columns);
/* Returns a copy in ASCII: our signs become their twins, other characters `?`, one for each column. Owned. */
char *width_ascii(const char *text);

#endif
