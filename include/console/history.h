/* SPDX-License-Identifier: MIT */
/*
 * history: the scrollback: lines that have left the screen at its top, packed (row.h), the last HISTORY_LINES of them
 * within HISTORY_BYTES. Lines are numbered from the machine's start: history_first() is the oldest line kept,
 * history_end() the number of the next one.
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
/* Adds a copy of a packed row and drops old lines beyond the limits. */
void history_push(struct history *h, const char *p, size_t n);
/* Removes the newest line; false if there is none. */
bool history_pop(struct history *h);
/* Removes all lines; the numbering continues. */
void history_clear(struct history *h);
uint64_t history_first(const struct history *h);
uint64_t history_end(const struct history *h);
/* Returns a line, borrowed until the next push or pop; NULL if it is not kept. */
const char *history_line(const struct history *h, uint64_t line, size_t *n);

#endif
