/* SPDX-License-Identifier: MIT */
/*
 * quote: quotes words for a POSIX shell (2.2.2), so that each arrives unchanged.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include "base/buf.h"

/* Appends the text in single quotes. */
void quote_always(struct buf *b, const char *s);
/* Appends the word unchanged if it has no meaning for a shell, else in single quotes. */
void quote_word(struct buf *b, const char *s);
/* Returns the command line for a NULL-terminated list of words from a person (NULL: none). A single word is the line
 * itself, as with ssh(1); each of several is passed as one word. The caller frees it. */
char *quote_command(char *const *words);

#endif
