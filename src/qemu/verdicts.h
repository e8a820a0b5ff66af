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
/* True when one is known: *ok and *why (owned) are set. */
bool verdict_get(const char *cache_dir, const char *key, bool *ok, char **why);
/* Remembers one; replaces what was there. */
int verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, struct err *e);

#endif
