/* SPDX-License-Identifier: MIT */
/* keys: the table of key names. */
#include "keys.h"

#include <string.h>

#include "base/mem.h"

static const struct {
	const char *name;
	VTermKey key;
} keys[] = {
	{"Up", VTERM_KEY_UP},
	{"Down", VTERM_KEY_DOWN},
	{"Left", VTERM_KEY_LEFT},
	{"Right", VTERM_KEY_RIGHT},
	{"Home", VTERM_KEY_HOME},
	{"End", VTERM_KEY_END},
	{"Insert", VTERM_KEY_INS},
	{"Delete", VTERM_KEY_DEL},
	{"PageUp", VTERM_KEY_PAGEUP},
	{"PageDown", VTERM_KEY_PAGEDOWN},
	{"Enter", VTERM_KEY_ENTER},
	{"Tab", VTERM_KEY_TAB},
	{"Backspace", VTERM_KEY_BACKSPACE},
	{"Escape", VTERM_KEY_ESCAPE},
	{"F1", VTERM_KEY_FUNCTION(1)},
	{"F2", VTERM_KEY_FUNCTION(2)},
	{"F3", VTERM_KEY_FUNCTION(3)},
	{"F4", VTERM_KEY_FUNCTION(4)},
	{"F5", VTERM_KEY_FUNCTION(5)},
	{"F6", VTERM_KEY_FUNCTION(6)},
	{"F7", VTERM_KEY_FUNCTION(7)},
	{"F8", VTERM_KEY_FUNCTION(8)},
	{"F9", VTERM_KEY_FUNCTION(9)},
	{"F10", VTERM_KEY_FUNCTION(10)},
	{"F11", VTERM_KEY_FUNCTION(11)},
	{"F12", VTERM_KEY_FUNCTION(12)},
	{"KP0", VTERM_KEY_KP_0},
	{"KP1", VTERM_KEY_KP_1},
	{"KP2", VTERM_KEY_KP_2},
	{"KP3", VTERM_KEY_KP_3},
	{"KP4", VTERM_KEY_KP_4},
	{"KP5", VTERM_KEY_KP_5},
	{"KP6", VTERM_KEY_KP_6},
	{"KP7", VTERM_KEY_KP_7},
	{"KP8", VTERM_KEY_KP_8},
	{"KP9", VTERM_KEY_KP_9},
	{"KP*", VTERM_KEY_KP_MULT},
	{"KP+", VTERM_KEY_KP_PLUS},
	{"KP,", VTERM_KEY_KP_COMMA},
	{"KP-", VTERM_KEY_KP_MINUS},
	{"KP.", VTERM_KEY_KP_PERIOD},
	{"KP/", VTERM_KEY_KP_DIVIDE},
	{"KP\r", VTERM_KEY_KP_ENTER},
	{"KP=", VTERM_KEY_KP_EQUAL},
};

bool keys_find(const char *name, VTermKey *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		*out = keys[i].key;
		return true;
	}
	return false;
}
