/* SPDX-License-Identifier: MIT */
/*
 * size: sizes and durations as people write them. A size is digits and one suffix K M G T (powers of 1024); a
 * duration is digits and s or m. A number without a suffix is refused.
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SIZE_TEXT 32

int size_parse(const char *s, uint64_t *out, struct err *e);
/* Writes the shortest exact form with a suffix ("128G", "1536M"). The value must be a multiple of 1024. */
const char *size_format(uint64_t bytes, char out[SIZE_TEXT]);
/* Writes a rounded size for people: "144.1 M", "3.0 G", "512 B". */
const char *size_human(uint64_t bytes, char out[SIZE_TEXT]);
/* Writes a number of things: "1 package", "2 packages". The noun has a regular plural and at most 16 bytes. */
const char *count_human(uint64_t n, const char *noun, char out[SIZE_TEXT]);
int duration_parse(const char *s, uint64_t *ms, struct err *e);
const char *duration_format(uint64_t ms, char out[SIZE_TEXT]); /* "90s", "5m" */
const char *duration_human(uint64_t ms, char out[SIZE_TEXT]);  /* "0.6 s", "1 min 20 s" */
/* Reads a whole decimal number within [min, max], without sign or blanks. */
int number_parse(const char *s, uint64_t min, uint64_t max, uint64_t *out, struct err *e);

#endif
