/* SPDX-License-Identifier: MIT */
/*
 * sanitize: text that QEMU or a guest wrote, made fit for a message: one line, without control sequences.
 */
#ifndef MACHINE_SANITIZE_H
#define MACHINE_SANITIZE_H

#include <stddef.h>

/* Returns at most `max` bytes: valid UTF-8 stays; controls, invalid bytes, zero-width and direction marks become
 * '?', a tab a blank, line ends "; ". Cut text ends with "...". Owned by the caller. */
char *vm_sanitize(const char *p, size_t n, size_t max);

#endif
