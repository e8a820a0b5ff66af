/* SPDX-License-Identifier: MIT */
/* keys: libvterm's keys by the names of console_press. */
#ifndef CONSOLE_KEYS_H
#define CONSOLE_KEYS_H

#include <stdbool.h>
#include <vterm.h>

bool keys_find(const char *name, VTermKey *out);

#endif
