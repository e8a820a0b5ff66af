/* SPDX-License-Identifier: MIT */
/*
 * extra: the allow list of qemu.extra, in assets/catalog/extra.ini. What it allows starts no program and opens no file
 * and no port of this host.
 */
#ifndef SPEC_EXTRA_H
#define SPEC_EXTRA_H

#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"

/* Returns the number of arguments from number i on that belong together: an option, and the value that follows it. */
size_t extra_len(const struct strv *items, size_t i);
/* Checks the option at number i with its value. On error e's text has what is allowed, and *bad is the number of the
 * invalid argument. */
int extra_check(const struct catalog *c, const struct strv *items, size_t i, size_t *bad, struct err *e);

#endif
