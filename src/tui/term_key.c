/* SPDX-License-Identifier: MIT */
/*
 * term_key: keys by curses' wget_wch until it has none. Pastes come as one key; a control sequence
 * that terminfo does not name is dropped whole, so that its letters do nothing.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "term_priv.h"

#define PASTE_MAX (1u << 20)

void term_key_init(void)
{
	define_key("\033[200~", CODE_PASTE_BEGIN);
	define_key("\033[201~", CODE_PASTE_END);
	define_key("\033[1;5D", CODE_WORD_LEFT);
	define_key("\033[1;5C", CODE_WORD_RIGHT);
}

static uint32_t special(wint_t code)
{
	static const struct {
		wint_t curses;
		uint32_t ours;
	} map[] = {
		{KEY_UP, K_UP},
		{KEY_DOWN, K_DOWN},
		{KEY_LEFT, K_LEFT},
		{KEY_RIGHT, K_RIGHT},
		{KEY_HOME, K_HOME},
		{KEY_END, K_END},
		{KEY_PPAGE, K_PAGE_UP},
		{KEY_NPAGE, K_PAGE_DOWN},
		{KEY_IC, K_INSERT},
		{KEY_DC, K_DELETE},
		{KEY_BTAB, K_BACKTAB},
		{KEY_ENTER, K_ENTER},
		{KEY_BACKSPACE, K_BACKSPACE},
		{CODE_WORD_LEFT, K_WORD_LEFT},
		{CODE_WORD_RIGHT, K_WORD_RIGHT},
		{KEY_FIND, K_HOME},
		{KEY_SELECT, K_END},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (map[i].curses == code)
			return map[i].ours;
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return K_F(code - KEY_F0);
	return 0;
}

static uint32_t character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return K_ENTER;
	case '\t':
		return K_TAB;
	case 0x7f:
	case '\b':
		return K_BACKSPACE;
	case 0x1b:
		return K_ESC;
	default:
		return (uint32_t)c;
	}
}

static bool mouse(struct key *k)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return false;
	k->code = K_MOUSE;
	k->row = ev.y;
	k->column = ev.x;
	if (ev.bstate & BUTTON4_PRESSED)
		k->mouse = MOUSE_WHEEL_UP;
	else if (ev.bstate & BUTTON5_PRESSED)
		k->mouse = MOUSE_WHEEL_DOWN;
	else if (ev.bstate & BUTTON1_PRESSED)
		k->mouse = MOUSE_PRESS;
	else
		return false;
	return true;
}

/* Adds a pasted character; line ends come as CR. */
static void add_pasted(struct term *t, wint_t c)
{
	char bytes[16];
	mbstate_t state;
	size_t n;

	memset(&state, 0, sizeof(state));
	n = wcrtomb(bytes, c == '\r' ? L'\n' : (wchar_t)c, &state);
	if (n != (size_t)-1 && !t->paste_cut)
		t->paste_cut = buf_add(&t->paste, bytes, n) < 0;
}

/* Drops the rest of a control sequence whose first two characters were read (ECMA-48, 5.4). */
static void drop_sequence(bool is_csi)
{
	wint_t c;

	while (wget_wch(stdscr, &c) == OK && is_csi && c < 0x40)
		;
}

/* An Esc was read: alone, before a key of its own, or before a sequence that nobody knows. */
static bool after_esc(struct term *t, struct key *k, bool alt)
{
	struct key next = {.alt = true};
	wint_t c;
	int r = wget_wch(stdscr, &c);

	*k = (struct key){.code = K_ESC};
	if (r == OK && (c == '[' || c == 'O')) {
		drop_sequence(c == '[');
		return false;
	}
	if (r == ERR)
		return true;
	next.code = r == KEY_CODE_YES ? special(c) : character(c);
	if (r == KEY_CODE_YES && !next.code)
		return true;
	if (alt) {
		*k = next;
	} else {
		t->next = next;
		t->have_next = true;
	}
	return true;
}

bool term_key(struct term *t, struct key *k, bool alt)
{
	wint_t c;
	int r;

	if (!t->inside)
		return false;
	if (t->have_next) {
		*k = t->next;
		t->have_next = false;
		return true;
	}
	while ((r = wget_wch(stdscr, &c)) != ERR) {
		t->heard = true;
		*k = (struct key){.code = 0};
		if (r == KEY_CODE_YES && c == CODE_PASTE_BEGIN) {
			t->pasting = true;
			t->paste_cut = false;
			buf_fini(&t->paste);
			buf_init(&t->paste, PASTE_MAX);
		} else if (r == KEY_CODE_YES && c == CODE_PASTE_END) {
			if (!t->pasting)
				continue;
			t->pasting = false;
			k->code = K_PASTE;
			k->text = t->paste.data;
			k->cut = t->paste_cut;
			return true;
		} else if (t->pasting) {
			if (r == OK)
				add_pasted(t, c);
		} else if (r == KEY_CODE_YES && c == KEY_MOUSE) {
			if (mouse(k))
				return true;
		} else if (r == KEY_CODE_YES) {
			k->code = special(c);
			if (k->code)
				return true;
		} else if (c == 0x1b) {
			if (after_esc(t, k, alt))
				return true;
		} else {
			k->code = character(c);
			if (t->caps.utf8 || k->code < 0x80 || k->code >= K_SPECIAL)
				return true;
		}
	}
	return false;
}

bool term_heard(struct term *t)
{
	bool heard = t->heard;

	t->heard = false;
	return heard;
}

bool term_gone(const struct term *t)
{
	struct pollfd look = {.fd = STDIN_FILENO, .events = POLLIN};
	struct termios modes;

	(void)t;
	if (tcgetattr(STDIN_FILENO, &modes) < 0)
		return true;
	return poll(&look, 1, 0) > 0 && look.revents & (POLLHUP | POLLERR | POLLNVAL);
}
