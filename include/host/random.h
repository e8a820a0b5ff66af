/* SPDX-License-Identifier: MIT */
/* random: random bytes of this host's kernel. */
#ifndef HOST_RANDOM_H
#define HOST_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* Fills p with n random bytes that suit keys. */
int host_random(void *p, size_t n, struct err *e);

#endif
