/* SPDX-License-Identifier: MIT */
/*
 * verdict: what trials found, kept in CACHE/accelerators.json under a key of everything that the outcome depends on:
 * the host, its kernel, the program and its age, what was tried.
 */
#ifndef QEMU_VERDICT_H
#define QEMU_VERDICT_H

#include <stdbool.h>

#include "base/err.h"

/* Returns the key of a trial of `what` with that program; owned. */
char *verdict_key(const char *binary, const char *what);
/* Finds a verdict that holds: sets *ok and *why (owned). */
bool verdict_get(const char *cache_dir, const char *key, bool *ok, char **why);
/* Records a verdict, or replaces it. A `passing` one holds for an hour. */
int verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, bool passing, struct err *e);
/* Forgets every refusal. 1: there were some, 0: none, -1: they cannot be forgotten. */
int verdict_forget_refusals(const char *cache_dir, struct err *e);

#endif
