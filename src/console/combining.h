/* SPDX-License-Identifier: MIT */
/* combining: combining characters. */
#ifndef CONSOLE_COMBINING_H
#define CONSOLE_COMBINING_H

#include <stdbool.h>
#include <stdint.h>

/* Whether libvterm combines the character with the one before it. */
bool combining_has(uint32_t c);

#endif
