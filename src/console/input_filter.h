/* SPDX-License-Identifier: MIT */
/*
 * input_filter: passes the guest's bytes to libvterm within the limits that libvterm assumes:
 *   - only valid UTF-8 of printable characters, with U+FFFD for invalid bytes. Combining characters are passed
 *     separately (libvterm collects them without limit, counts some as two columns, and wraps the line for one in the
 *     last column), and only after a character;
 *   - control sequences completely or not at all, with at most 15 numbers of at most five digits (libvterm writes out
 *     of bounds at the 17th); REP only after a character (else libvterm 0.3 loops for ever);
 *   - of the strings (OSC, DCS, APC, PM, SOS) only the DECRQSS that libvterm supports. OSC strings (title, clipboard)
 *     are passed separately, see osc.h;
 *   - no change of the character encoding, including that of libvterm's replies.
 */
#ifndef CONSOLE_INPUT_FILTER_H
#define CONSOLE_INPUT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_SEQ_MAX 128

enum filter_state { FILTER_GROUND, FILTER_ESCAPE, FILTER_CSI, FILTER_STRING, FILTER_STRING_ESCAPE };

struct input_filter {
	enum filter_state state;
	char seq[FILTER_SEQ_MAX]; /* of an escape sequence; in the ground state an incomplete character */
	size_t len;
	size_t string;	  /* bytes of the string so far */
	char kind;	  /* of the string: the byte behind its ESC */
	bool drop;	  /* do not pass this sequence */
	bool graphic;	  /* a character was passed last … */
	bool was_graphic; /* … when the sequence began */
	unsigned numbers; /* of complete numbers */
	unsigned digits;  /* of the current number */
};

#define FILTER_OSC_BEGIN (-1)
#define FILTER_OSC_END (-2)

struct input_filter_ops {
	void (*text)(const char *p, size_t n, void *arg); /* what is passed */
	void (*combining)(uint32_t c, void *arg);	  /* belongs to the last character passed */
	/* FILTER_OSC_BEGIN, a byte, or FILTER_OSC_END; at most 64 KiB. An OSC without an end is incomplete. */
	void (*osc)(int c, void *arg);
};

/* Filters n bytes; any cut between two calls will do. The filter starts as all zero. */
void input_filter_feed(struct input_filter *g, const char *p, size_t n, const struct input_filter_ops *ops, void *arg);

#endif
