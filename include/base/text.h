/* SPDX-License-Identifier: MIT */
/*
 * text: strings from outside made fit for a terminal or a log line.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one UTF-8 character (RFC 3629) of n > 0 bytes; its length, 0 when it is not valid. */
size_t text_decode(const char *p, size_t n, uint32_t *c);
/* Writes a character that may be encoded (text_decode gives no other) and returns its length. */
size_t text_encode(uint32_t c, char out[4]);
/* Harmless on a terminal: no control character (C0, DEL, C1), no bidirectional, zero-width or
 * line-separator character. */
bool text_is_fit(uint32_t c);

/* A copy in which every byte sequence that is not valid UTF-8, every control character (C0, DEL,
 * C1; line feed too unless `lines`), and every bidirectional, zero-width or line-separator
 * character is a `?`. Owned by the caller. */
char *text_clean(const char *s, size_t n, bool lines);

/* As text_clean of one line, with terminal escape sequences (ECMA-48: ESC, CSI and OSC) left out. */
char *text_plain(const char *s, size_t n);

/* Value of a hexadecimal digit of either case, -1 for any other character. */
int text_hex_digit(char c);

/* Decodes %XX; NULL when malformed or when it holds %00. Owned by the caller. */
char *text_percent_decode(const char *s, size_t n);

#endif
