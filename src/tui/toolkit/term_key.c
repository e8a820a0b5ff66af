/* SPDX-License-Identifier: MIT */
/*
 * term_key: keys by curses' wget_wch until it has none. Pastes come as one key; a control sequence
 * that terminfo does not name is read whole (term_seq.h), so that its letters do nothing.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "term_priv.h"
#include "term_seq.h"

#define PASTE_MAX (1u << 20)
#define EXTENDED_KEYS 512 /* codes that curses gives to names of terminfo that it does not know */

static uint32_t term_key_special(wint_t code)
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

/* Takes from curses the keys that no screen knows by name (with modifiers, of the keypad), so that their
 * sequences come as they are; and those that are bound to two keys. */
void term_key_init(const struct term *t)
{
	static const char *const ours[] = {"\b", "\177", "\033OM"};
	char *bound;

	for (int code = KEY_MIN; code < KEY_MAX + EXTENDED_KEYS; code++) {
		if (term_key_special((wint_t)code) || (code == KEY_MOUSE && !t->like_xterm))
			continue;
		for (int i = 0; (bound = keybound(code, i)); i++) {
			if (bound[0] == '\033' && (bound[1] == '[' || bound[1] == 'O')) {
				define_key(bound, 0);
				i--;
			}
			free(bound);
		}
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		define_key(ours[i], 0);
	define_key("\033[200~", CODE_PASTE_BEGIN);
	define_key("\033[201~", CODE_PASTE_END);
}

/* Of DEL and Ctrl-H one is the terminal's Backspace (stty erase); to a guest the other is itself. */
static bool term_key_is_erase(const struct term *t, wint_t c)
{
	return c == (t->saved.c_cc[VERASE] == '\b' ? '\b' : 0x7f);
}

static uint32_t term_key_character(const struct term *t, wint_t c, bool bare)
{
	switch (c) {
	case '\r':
		return K_ENTER;
	case '\n':
		return bare ? '\n' : K_ENTER;
	case '\t':
		return K_TAB;
	case 0x7f:
	case '\b':
		return !bare || term_key_is_erase(t, c) ? K_BACKSPACE : (uint32_t)c;
	case 0x1b:
		return K_ESC;
	default:
		return (uint32_t)c;
	}
}

/* As curses reads it: of terminals that are not like xterm, and gpm(8). */
static bool term_key_mouse(struct key *k)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return false;
	*k = (struct key){.code = K_MOUSE, .row = ev.y, .column = ev.x};
	k->modifiers = (ev.bstate & BUTTON_SHIFT ? MOD_SHIFT : 0) | (ev.bstate & BUTTON_ALT ? MOD_ALT : 0) |
		       (ev.bstate & BUTTON_CTRL ? MOD_CTRL : 0);
	for (int i = 1; i <= 5 && !k->mouse; i++) {
		k->button = i;
		if (ev.bstate & NCURSES_MOUSE_MASK(i, NCURSES_BUTTON_PRESSED))
			k->mouse = i == 4 ? MOUSE_WHEEL_UP : i == 5 ? MOUSE_WHEEL_DOWN : MOUSE_PRESS;
		else if (i < 4 && ev.bstate & NCURSES_MOUSE_MASK(i, NCURSES_BUTTON_RELEASED))
			k->mouse = MOUSE_RELEASE;
	}
	return k->mouse != MOUSE_NONE;
}

/* Adds a pasted character; line ends come as CR. */
static void term_key_add_pasted(struct term *t, wint_t c)
{
	char bytes[16];
	mbstate_t state;
	size_t n;

	memset(&state, 0, sizeof(state));
	n = wcrtomb(bytes, c == '\r' ? L'\n' : (wchar_t)c, &state);
	if (n != (size_t)-1 && !t->paste_cut)
		t->paste_cut = buf_add(&t->paste, bytes, n) < 0;
}

/* The rest of a control sequence, behind Esc and `c`. What comes before it is whole and cannot belong to
 * it is left to be read. */
static void term_key_read_sequence(struct term *t, struct key *k, wint_t c)
{
	size_t n = 0;
	wint_t part[3];
	int r = OK;

	t->sequence[n++] = '\033';
	t->sequence[n++] = (char)c;
	t->sequence[n] = '\0';
	while (!term_seq_is_whole(t->sequence) && n + 1 < sizeof(t->sequence)) {
		r = wget_wch(stdscr, &c);
		if (r == ERR)
			break;
		if (r == KEY_CODE_YES || c < 0x20 || c >= 0x7f) {
			(void)(r == OK ? unget_wch((wchar_t)c) : ungetch((int)c));
			break;
		}
		t->sequence[n++] = (char)c;
		t->sequence[n] = '\0';
	}
	term_seq_read(t->sequence, k);
	if (strcmp(t->sequence, "\033[M") != 0 || !t->like_xterm)
		return;
	/* the mouse's old form: three characters more, each 32 over its number */
	for (size_t i = 0; i < 3; i++)
		if (wget_wch(stdscr, &part[i]) != OK || part[i] < 32)
			return;
	term_seq_mouse(k, part[0] - 32, (int)part[1] - 32, (int)part[2] - 32, false);
}

/* An Esc was read: alone, before a key of its own, or at the head of a sequence. */
static void term_key_after_esc(struct term *t, struct key *k, bool bare)
{
	struct key next = {.alt = true};
	wint_t c;
	int r = wget_wch(stdscr, &c);

	*k = (struct key){.code = K_ESC};
	if (r == OK && (c == '[' || c == 'O')) {
		term_key_read_sequence(t, k, c);
		return;
	}
	if (r == ERR)
		return;
	next.code = r == KEY_CODE_YES ? term_key_special(c) : term_key_character(t, c, bare);
	if (r == KEY_CODE_YES && !next.code)
		return;
	if (bare) {
		*k = next;
	} else {
		t->next = next;
		t->have_next = true;
	}
}

/* Which button was released, where the terminal does not say. */
static void term_key_note_button(struct term *t, struct key *k)
{
	if (k->mouse == MOUSE_RELEASE && !k->button)
		k->button = t->held;
	if (k->mouse == MOUSE_PRESS)
		t->held = k->button;
	else if (k->mouse == MOUSE_RELEASE)
		t->held = 0;
}

/* Whether a screen that is none of a guest's has use for it. */
static bool term_key_for_screens(struct key *k)
{
	k->bytes = NULL;
	if (k->code == K_MOUSE)
		return (k->mouse == MOUSE_PRESS && k->button == 1) || k->mouse == MOUSE_WHEEL_UP ||
		       k->mouse == MOUSE_WHEEL_DOWN;
	if (k->code == K_KEYPAD + '\r')
		k->code = K_ENTER;
	else if (k->code > K_KEYPAD)
		k->code -= K_KEYPAD;
	return k->code != K_SEQUENCE && k->code != K_BEGIN;
}

bool term_key(struct term *t, struct key *k, bool bare)
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
				term_key_add_pasted(t, c);
		} else if (r == KEY_CODE_YES && c == KEY_MOUSE) {
			if (term_key_mouse(k) && (bare || term_key_for_screens(k)))
				return true;
		} else if (r == KEY_CODE_YES) {
			k->code = term_key_special(c);
			if (k->code)
				return true;
		} else if (c == 0x1b) {
			term_key_after_esc(t, k, bare);
			term_key_note_button(t, k);
			if (bare || term_key_for_screens(k))
				return true;
		} else {
			k->code = term_key_character(t, c, bare);
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
