/* SPDX-License-Identifier: MIT */
/*
 * key: what the keyboard, the mouse and a paste bring, without curses' names.
 */
#ifndef TUI_KEY_H
#define TUI_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* Codes below K_SPECIAL are Unicode characters; a control character is one below a blank. */
enum key_code {
	K_SPECIAL = 0x110000,
	K_ENTER,
	K_TAB,
	K_BACKTAB,
	K_ESC,
	K_BACKSPACE,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_INSERT,
	K_DELETE,
	K_WORD_LEFT, /* Ctrl-Left */
	K_WORD_RIGHT,
	K_PASTE,		  /* text holds what was pasted */
	K_MOUSE,		  /* mouse, row and column say what happened */
	K_F1 = K_SPECIAL + 0x100, /* K_F1 + 1 is F2, up to F12 */
};

#define K_CTRL(letter) ((uint32_t)((letter)&0x1f)) /* K_CTRL('c') */
#define K_F(n) ((uint32_t)(K_F1 + (n)-1))

enum mouse_event { MOUSE_NONE, MOUSE_PRESS, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct key {
	uint32_t code;
	bool alt; /* Esc came right before it: to bare screens, to which Esc itself is not told then */
	bool cut; /* K_PASTE: more was pasted than is taken */
	const char
		*text; /* K_PASTE: what was pasted as UTF-8, borrowed until the next key is read */
	enum mouse_event mouse;
	int row, column; /* K_MOUSE: in cells of the terminal; a screen gets them relative to itself
			  */
};

/* Whether it is a character that a text field takes. */
static inline bool key_is_text(const struct key *k)
{
	return k->code >= 0x20 && k->code < K_SPECIAL && k->code != 0x7f && !k->alt;
}

#endif
