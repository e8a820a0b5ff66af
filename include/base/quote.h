/* SPDX-License-Identifier: MIT */
/*
 * quote: words for a POSIX shell (2.2.2), each of which arrives as it is.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include "base/buf.h"

/* Appends the text in single quotes. */
void quote_always(struct buf *b, const char *s);
/* Appends the word as it is where a shell sees nothing in it but a word, else in single quotes. */
void quote_word(struct buf *b, const char *s);
/* Returns a command line of a NULL-terminated list (NULL: none) of words that a person gave: a single one is the
 * line itself, as with ssh(1); of several each arrives as one word. Owned by the caller. */
char *quote_command(char *const *words);

#endif
