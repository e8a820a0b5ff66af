/* SPDX-License-Identifier: MIT */
/*
 * width: text by the columns it takes on a terminal (wcwidth(3)), the same in every locale. Takes
 * harmless UTF-8 (base/text).
 */
#ifndef TUI_TOOLKIT_WIDTH_H
#define TUI_TOOLKIT_WIDTH_H

#include <stddef.h>

/* Columns of a text. */
int width_of(const char *text);
/* Bytes of the longest beginning that takes at most `columns`; *taken: how many it takes (or NULL).
 */
size_t width_cut(const char *text, int columns, int *taken);
/* Bytes of the first line when broken at blanks to at most `columns`; a line feed ends one too. */
size_t width_line(const char *text, int columns);
/* Bytes of the character at `text`, with what combines with it; 0 at the end. */
size_t width_next(const char *text, int *columns);
/* A copy in ASCII: signs of ours have their twins, other characters become `?`, one a column. Owned. */
char *width_ascii(const char *text);

#endif
