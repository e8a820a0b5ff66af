/* SPDX-License-Identifier: MIT */
/*
 * sanitize: text that QEMU or a guest wrote, made fit for a message: one line, nothing in it that a
 * terminal would obey.
 */
#ifndef MACHINE_SANITIZE_H
#define MACHINE_SANITIZE_H

#include <stddef.h>

/* Valid UTF-8 stays; controls, bad bytes, zero-width and direction marks become '?', a tab a
 * blank, line ends "; ". At most `max` bytes; cut text ends with "...". Owned by the caller. */
char *vm_sanitize(const char *p, size_t n, size_t max);

#endif
