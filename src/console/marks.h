/* SPDX-License-Identifier: MIT */
/* marks: which characters are combined with the one before them. */
#ifndef CONSOLE_MARKS_H
#define CONSOLE_MARKS_H

#include <stdbool.h>
#include <stdint.h>

bool marks_has(uint32_t c);

#endif
