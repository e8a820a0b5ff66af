/* SPDX-License-Identifier: MIT */
/*
 * extra: what qemu.extra may hold: the options and names of assets/catalog/extra.ini, nothing else. What
 * an allow list lets through starts no program and opens no file and no port of this host.
 */
#ifndef SPEC_EXTRA_H
#define SPEC_EXTRA_H

#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"

/* How many arguments from number i on belong together: an option, and the value that follows it. */
size_t extra_len(const struct strv *items, size_t i);
/* Checks the option at number i with its value. 0, or -1 with e's text a sentence that names what is
 * allowed; *bad is then the number of the argument that is wrong. */
int extra_check(const struct catalog *c, const struct strv *items, size_t i, size_t *bad, struct err *e);

#endif
