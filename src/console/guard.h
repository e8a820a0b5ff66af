/* SPDX-License-Identifier: MIT */
/*
 * guard: what a guest may say to the emulator. Between the guest's bytes and libvterm it keeps
 * every sequence within bounds that libvterm takes for granted:
 *   - valid UTF-8 of harmless characters alone (U+FFFD for bad bytes); at most CELL_CHARS - 1 marks
 *     on a character, none without one (libvterm would gather them without end);
 *   - control sequences whole or not at all, numbers of at most five digits; REP only behind a
 *     character (libvterm 0.3 loops for ever otherwise);
 *   - of the strings (OSC, DCS, APC, PM, SOS) only a short DECRQSS: no title, no clipboard;
 *   - no change of the character encoding.
 */
#ifndef CONSOLE_GUARD_H
#define CONSOLE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_SEQ_MAX 128

enum guard_state { GUARD_GROUND, GUARD_ESCAPE, GUARD_CSI, GUARD_STRING, GUARD_STRING_ESCAPE };

struct guard {
	enum guard_state state;
	char seq[GUARD_SEQ_MAX]; /* of an escape sequence; the rest of a character in the ground state */
	size_t len;
	size_t string;	 /* bytes of the string so far */
	char kind;	 /* of the string: the byte behind its ESC */
	bool drop;	 /* this sequence is not passed on */
	bool graphic;	 /* a character was the last thing passed on … */
	bool was_graphic; /* … when the sequence began */
	unsigned marks;	 /* combined with it */
	unsigned digits; /* of the number being read */
};

/* All zero is its start. Calls emit with what may pass, in order. */
void guard_feed(struct guard *g, const char *p, size_t n,
		void (*emit)(const char *p, size_t n, void *arg), void *arg);

#endif
