/* SPDX-License-Identifier: MIT */
/*
 * history: lines that have left the screen at its top, packed (row.h), the latest HISTORY_LINES of
 * them within HISTORY_BYTES. Lines are numbered from the machine's start: first() is the oldest
 * that is kept, end() the number that the next one gets.
 */
#ifndef CONSOLE_HISTORY_H
#define CONSOLE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_LINES 10000
#define HISTORY_BYTES (8 * 1024 * 1024)

struct history;

struct history *history_new(size_t lines, size_t bytes);
void history_free(struct history *h); /* NULL is fine */
/* Copies a packed row. */
void history_push(struct history *h, const char *p, size_t n);
/* Takes the newest line off; false when there is none. */
bool history_pop(struct history *h);
void history_clear(struct history *h); /* the numbering goes on */
uint64_t history_first(const struct history *h);
uint64_t history_end(const struct history *h);
/* Borrowed until the next push or pop; NULL where it is not kept. */
const char *history_line(const struct history *h, uint64_t line, size_t *n);

#endif
