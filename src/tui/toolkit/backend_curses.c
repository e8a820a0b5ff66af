/* SPDX-License-Identifier: MIT */
/* backend_curses: draws and reads keys by ncursesw, which is included here alone. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1 /* elsewhere than on Linux its header asks for names of X/Open alone */
#include <curses.h>
#include <termcap.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/tty.h"

#define ESC_DELAY_MS 25
#define EXTENDED_KEYS 512 /* codes that curses gives to key names of terminfo that it does not know */

/* Codes that curses is made to report for sequences that terminfo does not name. */
enum { CODE_PASTE_BEGIN = 0x600, CODE_PASTE_END };

static SCREEN *screen;
static int colours; /* that styles may use */

/* ---- opening and leaving ---- */

/* Returns a string capability of terminfo, or NULL. */
static const char *backend_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == (const char *)-1 ? NULL : s;
}

/* Maps a key code of curses to ours; 0: no such key. */
static uint32_t backend_key_of(wint_t code)
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

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].curses == code)
			return map[i].ours;
	return code >= KEY_F(1) && code <= KEY_F(12) ? K_F(code - KEY_F0) : 0;
}

/* Removes from curses the keys that no screen knows by name (with modifiers, of the keypad), so that their
 * sequences arrive unchanged, and the characters that are bound to two keys. */
static void backend_define_keys(bool like_xterm)
{
	static const char *const ours[] = {"\b", "\177", "\033OM"};
	char *bound;

	for (int code = KEY_MIN; code < KEY_MAX + EXTENDED_KEYS; code++) {
		if (backend_key_of((wint_t)code) || (code == KEY_MOUSE && !like_xterm))
			continue;
		for (int i = 0; (bound = keybound(code, i)); i++) {
			if (bound[0] == '\033' && (bound[1] == '[' || bound[1] == 'O')) {
				define_key(bound, 0);
				i--;
			}
			free(bound);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		define_key(ours[i], 0);
	define_key("\033[200~", CODE_PASTE_BEGIN);
	define_key("\033[201~", CODE_PASTE_END);
}

static void backend_set_modes(void)
{
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
}

/* Terminals of today without an entry of their own here (xterm-kitty, alacritty, foot, ghostty) do what
 * xterm does; what runs in screen and tmux does what they do. Returns an entry that fits, NULL: none. */
static const char *backend_similar_entry(const char *name)
{
	static const char *const names[] = {"screen-256color", "screen", "xterm-256color", "xterm", "vt100"};
	bool within = !strncmp(name, "screen", 6) || !strncmp(name, "tmux", 4);

	for (size_t i = within ? 0 : 2; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) != 0 && tgetent(NULL, names[i]) == 1)
			return names[i];
	return NULL;
}

/* Refuses a terminal that curses has looked at. `what` is followed by its name. */
static bool backend_refuse(struct backend_refusal *out, const char *name, const char *what, const char *then)
{
	AUTO_FREE char *clean = text_clean(name, strlen(name), false);

	out->why = xasprintf("terminfo %s \"%s\"%s", what, clean, then);
	out->similar = backend_similar_entry(name);
	tty_restore();
	return false;
}

bool backend_open(struct term_caps *caps, bool colour, bool *like_xterm, struct backend_refusal *out)
{
	const char *name = getenv("TERM");

	if (!name || !*name || !strcmp(name, "dumb")) {
		out->why = xasprintf("TERM is %s", name && *name ? name : "not set");
		return false;
	}
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return backend_refuse(out, name, "has no entry for the terminal", "");
	if (!backend_string("cup")) {
		endwin();
		backend_close();
		return backend_refuse(out, name, "says that the terminal", " cannot place text");
	}
	set_escdelay(ESC_DELAY_MS);
	typeahead(-1);
	if (colour && has_colors() && start_color() == OK) {
		use_default_colors();
		caps->colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
	}
	colours = caps->colours;
	/* XT of user_caps(5): it understands what xterm does, titles and paste marks among it */
	*like_xterm = tigetflag("XT") > 0 || !strncmp(termname(), "screen", 6) || !strncmp(termname(), "tmux", 4);
	caps->mouse = mousemask(ALL_MOUSE_EVENTS, NULL) != 0;
	mouseinterval(0);
	backend_set_modes();
	curs_set(0);
	backend_define_keys(*like_xterm);
	return true;
}

void backend_close(void)
{
	delscreen(screen);
	screen = NULL;
}

void backend_suspend(void)
{
	endwin();
}

void backend_resume(void)
{
	reset_prog_mode();
	backend_set_modes();
	backend_repaint();
}

/* The cursor is hidden on the alternate screen: some terminals keep its state with the other screen. */
void backend_show(void)
{
	doupdate();
	curs_set(0);
}

/* Adds a terminfo string without its padding marks. */
static size_t backend_add_unpadded(char *out, size_t len, size_t size, const char *s)
{
	while (s && *s && len < size) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>') + 1;
		else
			out[len++] = *s++;
	}
	return len;
}

size_t backend_exit_bytes(char *out, size_t size)
{
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		len = backend_add_unpadded(out, len, size, backend_string(names[i]));
	return len;
}

/* ---- size ---- */

void backend_size(int *rows, int *columns)
{
	getmaxyx(stdscr, *rows, *columns);
}

/* The terminal's scrolling region is all its rows. curses trusts that a resize sees to that, but some terminals
 * (those by libvterm) keep the region that they were given with other rows: beyond it they insert, delete
 * and scroll nothing. */
void backend_resize(int rows, int columns, bool visible)
{
	const char *csr = backend_string("csr");

	resizeterm(rows, columns);
	if (visible && csr) {
		putp(tiparm(csr, 0, rows - 1));
		fflush(stdout);
	}
}

/* ---- painting ---- */

static attr_t backend_attributes(const struct term_style *style)
{
	return (style->bold ? A_BOLD : 0) | (style->dim ? A_DIM : 0) | (style->underline ? A_UNDERLINE : 0) |
	       (style->blink ? A_BLINK : 0) | (style->reverse ? A_REVERSE : 0) | (style->italic ? A_ITALIC : 0);
}

/* The colour pair of a style; 0, the terminal's own colours, if there are none left. */
static int backend_pair(const struct term_style *style)
{
	int fg = style->fg < colours ? style->fg : -1;
	int bg = style->bg < colours ? style->bg : -1;
	int pair = fg >= 0 || bg >= 0 ? alloc_pair(fg, bg) : 0;

	return pair > 0 ? pair : 0;
}

void backend_erase(void)
{
	werase(stdscr);
}

void backend_repaint(void)
{
	clearok(curscr, TRUE);
}

void backend_put(int row, int column, const struct term_style *style, const char *text)
{
	int pair = backend_pair(style);

	wattr_set(stdscr, backend_attributes(style), (short)pair, &pair);
	mvwaddstr(stdscr, row, column, text);
}

void backend_fill(int row, int column, int columns, const struct term_style *style)
{
	int pair = backend_pair(style);
	cchar_t blank;

	wattr_set(stdscr, backend_attributes(style), (short)pair, &pair);
	setcchar(&blank, L" ", backend_attributes(style), (short)pair, &pair);
	mvwhline_set(stdscr, row, column, &blank, columns);
}

void backend_restyle(int row, int column, int columns, const struct term_style *style)
{
	int pair = backend_pair(style);

	mvwchgat(stdscr, row, column, columns, backend_attributes(style), (short)pair, &pair);
}

void backend_flush(int row, int column)
{
	curs_set(row >= 0);
	if (row >= 0)
		wmove(stdscr, row, column);
	wnoutrefresh(stdscr);
	doupdate();
}

void backend_bell(void)
{
	beep();
}

/* ---- keys ---- */

/* A mouse event as curses reads it: of terminals that are not like xterm, and gpm(8). MOUSE_NONE: none of use. */
static struct key backend_mouse(void)
{
	struct key k = {.code = K_MOUSE};
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return k;
	k.row = ev.y;
	k.column = ev.x;
	k.modifiers = (ev.bstate & BUTTON_SHIFT ? MOD_SHIFT : 0) | (ev.bstate & BUTTON_ALT ? MOD_ALT : 0) |
		      (ev.bstate & BUTTON_CTRL ? MOD_CTRL : 0);
	for (int i = 1; i <= 5 && !k.mouse; i++) {
		k.button = i;
		if (ev.bstate & NCURSES_MOUSE_MASK(i, NCURSES_BUTTON_PRESSED))
			k.mouse = i == 4 ? MOUSE_WHEEL_UP : i == 5 ? MOUSE_WHEEL_DOWN : MOUSE_PRESS;
		else if (i < 4 && ev.bstate & NCURSES_MOUSE_MASK(i, NCURSES_BUTTON_RELEASED))
			k.mouse = MOUSE_RELEASE;
	}
	return k;
}

struct backend_event backend_read(void)
{
	wint_t c;
	int r = wget_wch(stdscr, &c);

	if (r == ERR)
		return (struct backend_event){.kind = BACKEND_NONE};
	if (r != KEY_CODE_YES)
		return (struct backend_event){.kind = BACKEND_CHARACTER, .code = (uint32_t)c};
	switch (c) {
	case CODE_PASTE_BEGIN:
		return (struct backend_event){.kind = BACKEND_PASTE_BEGIN};
	case CODE_PASTE_END:
		return (struct backend_event){.kind = BACKEND_PASTE_END};
	case KEY_MOUSE:
		return (struct backend_event){.kind = BACKEND_MOUSE, .mouse = backend_mouse()};
	default:
		return (struct backend_event){.kind = BACKEND_KEY, .code = backend_key_of(c)};
	}
}
