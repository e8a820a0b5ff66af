/* SPDX-License-Identifier: MIT */
/*
 * guard: what a guest may say to the emulator. Between the guest's bytes and libvterm it keeps
 * every sequence within bounds that libvterm takes for granted:
 *   - valid UTF-8 of harmless characters alone (U+FFFD for bad bytes); marks that combine with the
 *     character before them do not go there (libvterm gathers them without end, takes some for two
 *     columns, and wraps the line for one in the last column), and none without a character;
 *   - control sequences whole or not at all, at most 15 numbers of at most
 *     five digits (libvterm writes over its memory at the 17th); REP only behind a
 *     character (libvterm 0.3 loops for ever otherwise);
 *   - of the strings (OSC, DCS, APC, PM, SOS) only the DECRQSS that libvterm knows; OSC (title, clipboard)
 *     go past it, see wishes.h;
 *   - no change of the character encoding, that of the answers included.
 */
#ifndef CONSOLE_GUARD_H
#define CONSOLE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_SEQ_MAX 128

enum guard_state { GUARD_GROUND, GUARD_ESCAPE, GUARD_CSI, GUARD_STRING, GUARD_STRING_ESCAPE };

struct guard {
	enum guard_state state;
	char seq[GUARD_SEQ_MAX]; /* of an escape sequence; the rest of a character in the ground state */
	size_t len;
	size_t string;	  /* bytes of the string so far */
	char kind;	  /* of the string: the byte behind its ESC */
	bool drop;	  /* this sequence is not passed on */
	bool graphic;	  /* a character was the last thing passed on … */
	bool was_graphic; /* … when the sequence began */
	unsigned numbers; /* that have ended */
	unsigned digits;  /* of the number being read */
};

#define GUARD_OSC_BEGIN (-1)
#define GUARD_OSC_END (-2)

struct guard_ops {
	void (*text)(const char *p, size_t n, void *arg); /* what may pass */
	void (*mark)(uint32_t c, void *arg);		  /* combines with the last character that has passed */
	/* An OSC begins, a byte of it, its end; at most 64 KiB, and without an end it is not whole. */
	void (*osc)(int c, void *arg);
};

/* All zero is its start. */
void guard_feed(struct guard *g, const char *p, size_t n, const struct guard_ops *ops, void *arg);

#endif
