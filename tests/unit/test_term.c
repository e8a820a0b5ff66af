/* SPDX-License-Identifier: MIT */
/* term: sequences of keys and the mouse; the columns of texts in a locale with and without UTF-8. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../include/tui/toolkit/width.h"
#include "../../src/tui/toolkit/term_seq.h"

static void keys_by_name(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t code;
		bool unchanged; /* for a guest */
	} cases[] = {
		{"\033[A", K_UP, false},
		{"\033OA", K_UP, false},
		{"\033[H", K_HOME, false},
		{"\033OE", K_BEGIN, false},
		{"\033[1;5D", K_WORD_LEFT, true},
		{"\033[1;5C", K_WORD_RIGHT, true},
		{"\033[1;2A", K_SEQUENCE, true},
		{"\033[1;1A", K_UP, true},
		{"\033OP", K_F(1), true},
		{"\033[15~", K_F(5), true},
		{"\033[24~", K_F(12), true},
		{"\033[24;2~", K_SEQUENCE, true},
		{"\033[3~", K_DELETE, true},
		{"\033[99~", K_SEQUENCE, true},
		{"\033[Z", K_BACKTAB, true},
		{"\033Op", K_KEYPAD + '0', false},
		{"\033OM", K_KEYPAD + '\r', false},
		{"\033Oj", K_KEYPAD + '*', false},
		{"\033[97;5u", K_CTRL('a'), true},
		{"\033[65;5u", K_CTRL('a'), true},
		{"\033[97;6u", K_SEQUENCE, true},
		{"\033[27;5;98~", K_CTRL('b'), true},
		{"\033[97u", 'a', true},
		{"\033[228;1u", 0xe4, true},
		{"\033[27;5u", K_SEQUENCE, true},
		{"\033[4294967295;5u", K_SEQUENCE, true},
		{"\033[", K_SEQUENCE, true},
		{"\033O", K_SEQUENCE, true},
		{"\033[?1;2c", K_SEQUENCE, true},
		{"\033[1;2;3;4;5A", K_SEQUENCE, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct key k;

		term_seq_read(cases[i].bytes, &k);
		if (k.code != cases[i].code || (k.bytes == cases[i].bytes) != cases[i].unchanged)
			fail_msg("%s: code %x, %s", cases[i].bytes + 1, (unsigned)k.code, k.bytes ? "unchanged" : "");
	}
}

static void whole_or_not(void **state)
{
	(void)state;
	assert_false(term_seq_is_whole("\033["));
	assert_false(term_seq_is_whole("\033O"));
	assert_false(term_seq_is_whole("\033[1;5"));
	assert_false(term_seq_is_whole("\033[<0;1;1"));
	assert_true(term_seq_is_whole("\033[1;5A"));
	assert_true(term_seq_is_whole("\033[<0;1;1m"));
	assert_true(term_seq_is_whole("\033OP"));
}

static void mouse(void **state)
{
	static const struct {
		const char *bytes;
		enum mouse_event event;
		int button, row, column;
		unsigned modifiers;
	} cases[] = {
		{"\033[<0;1;1M", MOUSE_PRESS, 1, 0, 0, 0},	 {"\033[<0;10;5m", MOUSE_RELEASE, 1, 4, 9, 0},
		{"\033[<1;1;1M", MOUSE_PRESS, 2, 0, 0, 0},	 {"\033[<6;1;1M", MOUSE_PRESS, 3, 0, 0, MOD_SHIFT},
		{"\033[<8;1;1M", MOUSE_PRESS, 1, 0, 0, MOD_ALT}, {"\033[<16;1;1M", MOUSE_PRESS, 1, 0, 0, MOD_CTRL},
		{"\033[<32;1;1M", MOUSE_MOVE, 1, 0, 0, 0},	 {"\033[<35;1;1M", MOUSE_MOVE, 0, 0, 0, 0},
		{"\033[<64;1;1M", MOUSE_WHEEL_UP, 4, 0, 0, 0},	 {"\033[<81;1;1M", MOUSE_WHEEL_DOWN, 5, 0, 0, MOD_CTRL},
		{"\033[<66;1;1M", MOUSE_PRESS, 6, 0, 0, 0},	 {"\033[<67;1;1M", MOUSE_PRESS, 7, 0, 0, 0},
		{"\033[<128;1;1M", MOUSE_PRESS, 8, 0, 0, 0},	 {"\033[<3;1;1M", MOUSE_RELEASE, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct key k;

		term_seq_read(cases[i].bytes, &k);
		if (k.code != K_MOUSE || k.mouse != cases[i].event || k.button != cases[i].button ||
		    k.row != cases[i].row || k.column != cases[i].column || k.modifiers != cases[i].modifiers)
			fail_msg("%s: event %d of button %d", cases[i].bytes + 1, (int)k.mouse, k.button);
	}
}

static void columns(void **state)
{
	static const struct {
		const char *text;
		int columns;
		const char *ascii;
	} cases[] = {
		{"abc", 3, "abc"},    {"\346\227\245x", 3, "??x"}, {"e\314\201x", 2, "ex"},
		{"\303\251", 1, "?"}, {"\342\200\246", 1, "~"},	   {"", 0, ""},
	};
	static const char *const locales[] = {"C", "C.UTF-8"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		assert_non_null(setlocale(LC_CTYPE, locales[k]));
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			char *ascii = width_ascii(cases[i].text);

			assert_int_equal(width_of(cases[i].text), cases[i].columns);
			assert_string_equal(ascii, cases[i].ascii);
			free(ascii);
		}
	}
	setlocale(LC_CTYPE, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_by_name),
		cmocka_unit_test(whole_or_not),
		cmocka_unit_test(mouse),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
