/* SPDX-License-Identifier: MIT */
/* key: input of the keyboard and of the mouse, and pastes. */
#ifndef TUI_TOOLKIT_KEY_H
#define TUI_TOOLKIT_KEY_H

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
	K_BEGIN,		      /* the 5 of the keypad */
	K_SEQUENCE,		      /* a key without a name here: bytes holds it */
	K_PASTE,		      /* text holds what was pasted */
	K_MOUSE,		      /* mouse, button, modifiers, row and column say what happened */
	K_F1 = K_SPECIAL + 0x100,     /* K_F1 + 1 is F2, up to F12 */
	K_KEYPAD = K_SPECIAL + 0x200, /* + the character of a key of the keypad, \r: Enter */
};

#define K_CTRL(letter) ((uint32_t)((letter)&0x1f)) /* K_CTRL('c') */
#define K_F(n) ((uint32_t)(K_F1 + (n)-1))

enum mouse_event {
	MOUSE_NONE,
	MOUSE_PRESS,
	MOUSE_RELEASE,
	MOUSE_MOVE, /* with the button that is held, or none */
	MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN,
};

enum key_modifier { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

/* Bare screens (screen_ops.bare) get every key; other screens neither K_SEQUENCE, K_BEGIN, K_KEYPAD nor a
 * mouse event other than a press of the left button and the wheel. */
struct key {
	uint32_t code;
	bool alt; /* Esc came right before it; for bare screens, which do not get that Esc */
	/* What the terminal sent, if a guest gets it unchanged; NULL: its form is the guest's choice.
	 * Borrowed until the next key is read; only for bare screens. */
	const char *bytes;
	bool cut;	  /* K_PASTE: the paste was longer than what is accepted */
	const char *text; /* K_PASTE: the paste as UTF-8, borrowed until the next key is read */
	enum mouse_event mouse;
	int button;	    /* K_MOUSE: 1 left, 2 middle, 3 right, 4 to 7 the wheel, 8 and more others; 0 none */
	unsigned modifiers; /* K_MOUSE: of enum key_modifier */
	int row, column;    /* K_MOUSE: in cells of the terminal; a screen gets them relative to itself
			     */
};

/* Whether it is a character that a text field takes. */
static inline bool key_is_text(const struct key *k)
{
	return k->code >= 0x20 && k->code < K_SPECIAL && k->code != 0x7f && !k->alt;
}

#endif
