/* SPDX-License-Identifier: MIT */
/* char_width: the columns that a character takes on a terminal, the same in every locale. */
#ifndef HOST_CHAR_WIDTH_H
#define HOST_CHAR_WIDTH_H

#include <stdint.h>

/* Returns 0 (combining), 1 or 2; 1 for what is unknown. */
int host_char_width(uint32_t c);

#endif
