/* SPDX-License-Identifier: MIT */
/*
 * text: makes strings from outside safe for a terminal or a log line.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one UTF-8 character (RFC 3629) of n > 0 bytes. Returns its length, or 0 if it is invalid. */
size_t text_decode(const char *p, size_t n, uint32_t *c);
/* Encodes a character (as text_decode returns it) and returns its length. */
size_t text_encode(uint32_t c, char out[4]);
/* Returns whether a character is safe on a terminal: not a control character (C0, DEL, C1), nor a bidirectional,
 * zero-width or line-separator character. */
bool text_is_fit(uint32_t c);

/* Returns a copy in which every byte sequence that is not valid UTF-8, every control character (C0, DEL, C1; line
 * feed too unless `lines`), and every bidirectional, zero-width or line-separator character is a `?`. The caller
 * frees it. */
char *text_clean(const char *s, size_t n, bool lines);

/* Does what text_clean does for one line, and removes terminal escape sequences (ECMA-48: ESC, CSI and OSC). */
char *text_plain(const char *s, size_t n);

/* Returns the value of a hexadecimal digit of either case, or -1. */
int text_hex_digit(char c);

/* Encodes every byte but letters, digits and -._~/ as %XX (RFC 3986, 2.1). The caller frees it. */
char *text_percent_encode(const char *s);

/* Decodes %XX. Returns NULL if it is malformed or contains %00. The caller frees it. */
char *text_percent_decode(const char *s, size_t n);

#endif
