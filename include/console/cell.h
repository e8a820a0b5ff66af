/* SPDX-License-Identifier: MIT */
/*
 * cell: one cell of a terminal's screen. All zero is a blank cell in the default colours. The characters are safe for a
 * terminal (text_is_fit).
 */
#ifndef CONSOLE_CELL_H
#define CONSOLE_CELL_H

#include <stdbool.h>
#include <stdint.h>

#define CELL_CHARS 6 /* a character and its combining characters */

/* A colour: CELL_DEFAULT, or one of the kinds below with an index or 0xRRGGBB. */
#define CELL_DEFAULT 0U
#define CELL_INDEXED 0x01000000U
#define CELL_RGB 0x02000000U
#define CELL_COLOUR_KIND 0xff000000U

enum cell_attr {
	CELL_BOLD = 1 << 0,
	CELL_UNDERLINE = 1 << 1,
	CELL_ITALIC = 1 << 2,
	CELL_BLINK = 1 << 3,
	CELL_REVERSE = 1 << 4,
	CELL_STRIKE = 1 << 5,
	CELL_CONCEAL = 1 << 6,
	CELL_DIM = 1 << 7,
	CELL_ATTR_ALL = (1 << 8) - 1,
};

enum cell_width {
	CELL_SINGLE,
	CELL_DOUBLE, /* covers the cell at its right, too … */
	CELL_REST,   /* … which is this one */
};

struct cell {
	uint32_t chars[CELL_CHARS]; /* code points; 0 ends; the first 0: blank */
	uint32_t fg, bg;
	uint16_t attrs;
	uint8_t width;
};

#endif
