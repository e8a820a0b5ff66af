/* SPDX-License-Identifier: MIT */
/* keys: libvterm's keys by the names that console_press uses. */
#ifndef CONSOLE_KEYS_H
#define CONSOLE_KEYS_H

#include <stdbool.h>
#include <vterm.h>

/* Finds a key; false: no such name. */
bool keys_find(const char *name, VTermKey *out);

#endif
