/* SPDX-License-Identifier: MIT */
/*
 * verdicts: what was found out by trying, kept in CACHE/accelerators.json under a key that holds
 * all that the answer hangs on: host, its kernel, the program and its age, what was tried.
 */
#ifndef QEMU_VERDICTS_H
#define QEMU_VERDICTS_H

#include <stdbool.h>

#include "base/err.h"

/* Key for a trial of `what` with that program; owned. */
char *verdict_key(const char *binary, const char *what);
/* True when one is known and holds: *ok and *why (owned) are set. */
bool verdict_get(const char *cache_dir, const char *key, bool *ok, char **why);
/* Remembers one; replaces what was there. One that is `passing` holds for an hour. */
int verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, bool passing, struct err *e);
/* Forgets every refusal. 1: there were some, 0: none, -1: they cannot be forgotten. */
int verdict_forget_refusals(const char *cache_dir, struct err *e);

#endif
