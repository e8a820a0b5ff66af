/* SPDX-License-Identifier: MIT */
/*
 * tty_win: the console. Its input is read as records, because a change of the size is one of them, and made into what
 * xterm sends. Windows makes such sequences itself (ENABLE_VIRTUAL_TERMINAL_INPUT), which then arrive as records of
 * single characters; keys and mouse events that come as records all the same are translated here, as under Wine.
 */
#include <stdlib.h>

#include <uv.h>
#include <windows.h>

#include "base/mem.h"
#include "host/tty.h"
#include "win.h"

#define RECORDS 64
#define ESC_DELAY_MS 25
#define TITLE_MAX 1024
#define VT_OUTPUT                                                                                                      \
	(ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING |                    \
	 DISABLE_NEWLINE_AUTO_RETURN)
/* Without QuickEdit, which would keep the mouse to itself. */
#define RAW_INPUT (ENABLE_WINDOW_INPUT | ENABLE_MOUSE_INPUT | ENABLE_EXTENDED_FLAGS)
#define ALTS (LEFT_ALT_PRESSED | RIGHT_ALT_PRESSED)
#define CTRLS (LEFT_CTRL_PRESSED | RIGHT_CTRL_PRESSED)

struct tty_win_waiter {
	uv_async_t uv; /* a record has come */
	HANDLE wait;
};

static struct {
	HANDLE in, screen;
	HANDLE out;		    /* what is written to: the screen, or what DEBWIZ_CONSOLE names */
	DWORD in_mode, screen_mode; /* as they were found */
	wchar_t title[TITLE_MAX];
	uint32_t *queue; /* characters that tty_read returns: from `at` to `count` */
	size_t at, count, size;
	wchar_t high;	       /* the first half of a surrogate pair */
	DWORD buttons;	       /* of the mouse, that are held */
	bool resized, escaped; /* escaped: tty_read has returned an Esc last */
	struct tty_win_waiter *waiter;
	const struct tty_ops *ops;
	void *arg;
} tty_win;

bool tty_is_there(void)
{
	DWORD mode;

	return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) &&
	       GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode);
}

/* Opens what DEBWIZ_CONSOLE names in place of the console, or returns INVALID_HANDLE_VALUE. */
static HANDLE tty_win_open_other(void)
{
	const char *path = getenv("DEBWIZ_CONSOLE");
	AUTO_FREE wchar_t *wide = win_wide(path ? path : "");

	return path ? CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL)
		    : INVALID_HANDLE_VALUE;
}

void tty_open(void)
{
	HANDLE other = tty_win_open_other();

	tty_win.in = GetStdHandle(STD_INPUT_HANDLE);
	tty_win.screen = GetStdHandle(STD_OUTPUT_HANDLE);
	tty_win.out = other != INVALID_HANDLE_VALUE ? other : tty_win.screen;
	GetConsoleMode(tty_win.in, &tty_win.in_mode);
	GetConsoleMode(tty_win.screen, &tty_win.screen_mode);
	GetConsoleTitleW(tty_win.title, TITLE_MAX);
}

bool tty_raw(void)
{
	if (!SetConsoleMode(tty_win.screen, VT_OUTPUT))
		return false;
	if (!SetConsoleMode(tty_win.in, RAW_INPUT | ENABLE_VIRTUAL_TERMINAL_INPUT))
		SetConsoleMode(tty_win.in, RAW_INPUT);
	return true;
}

void tty_restore_now(void)
{
	SetConsoleMode(tty_win.in, tty_win.in_mode | ENABLE_EXTENDED_FLAGS);
	SetConsoleMode(tty_win.screen, tty_win.screen_mode);
}

/* Older consoles do not restore the title by themselves. */
void tty_restore(void)
{
	wchar_t now[TITLE_MAX];

	tty_restore_now();
	if (GetConsoleTitleW(now, TITLE_MAX) && wcscmp(now, tty_win.title) != 0)
		SetConsoleTitleW(tty_win.title);
}

void tty_write(const char *bytes, size_t n)
{
	DWORD done;

	while (n && WriteFile(tty_win.out, bytes, n > INT32_MAX ? INT32_MAX : (DWORD)n, &done, NULL) && done) {
		bytes += done;
		n -= done;
	}
}

char tty_erase(void)
{
	return 0x7f;
}

/* ---- records to characters ---- */

static void tty_win_add(uint32_t c)
{
	if (tty_win.count == tty_win.size) {
		tty_win.size = tty_win.size ? tty_win.size * 2 : 256;
		tty_win.queue = xreallocarray(tty_win.queue, tty_win.size, sizeof(*tty_win.queue));
	}
	tty_win.queue[tty_win.count++] = c;
}

static void tty_win_add_text(const char *text)
{
	while (*text)
		tty_win_add((unsigned char)*text++);
}

static void tty_win_add_character(wchar_t unit)
{
	if (IS_HIGH_SURROGATE(unit)) {
		tty_win.high = unit;
	} else if (IS_LOW_SURROGATE(unit)) {
		if (tty_win.high)
			tty_win_add(0x10000 + ((uint32_t)(tty_win.high - 0xd800) << 10) + (uint32_t)(unit - 0xdc00));
		tty_win.high = 0;
	} else {
		tty_win_add(unit);
	}
}

/* Returns the parameter of xterm's sequences for modifiers: 1 for none. */
static unsigned tty_win_modifiers(DWORD state)
{
	return 1 + (state & SHIFT_PRESSED ? 1 : 0) + (state & ALTS ? 2 : 0) + (state & CTRLS ? 4 : 0);
}

/* Adds the sequence of a key that has no character. */
static void tty_win_add_key(WORD key, DWORD state)
{
	static const struct {
		WORD key;
		char final;   /* ESC [ final, or ESC O final if `function` */
		short number; /* ESC [ number ~ */
		bool function;
	} keys[] = {
		{VK_UP, 'A', 0, false},	  {VK_DOWN, 'B', 0, false},  {VK_RIGHT, 'C', 0, false},
		{VK_LEFT, 'D', 0, false}, {VK_CLEAR, 'E', 0, false}, {VK_END, 'F', 0, false},
		{VK_HOME, 'H', 0, false}, {VK_F1, 'P', 0, true},     {VK_F2, 'Q', 0, true},
		{VK_F3, 'R', 0, true},	  {VK_F4, 'S', 0, true},     {VK_INSERT, 0, 2, false},
		{VK_DELETE, 0, 3, false}, {VK_PRIOR, 0, 5, false},   {VK_NEXT, 0, 6, false},
		{VK_F5, 0, 15, false},	  {VK_F6, 0, 17, false},     {VK_F7, 0, 18, false},
		{VK_F8, 0, 19, false},	  {VK_F9, 0, 20, false},     {VK_F10, 0, 21, false},
		{VK_F11, 0, 23, false},	  {VK_F12, 0, 24, false},
	};
	unsigned modifiers = tty_win_modifiers(state);
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].key != key)
			continue;
		if (keys[i].number && modifiers > 1)
			snprintf(text, sizeof(text), "\033[%d;%u~", keys[i].number, modifiers);
		else if (keys[i].number)
			snprintf(text, sizeof(text), "\033[%d~", keys[i].number);
		else if (modifiers > 1)
			snprintf(text, sizeof(text), "\033[1;%u%c", modifiers, keys[i].final);
		else
			snprintf(text, sizeof(text), "\033%c%c", keys[i].function ? 'O' : '[', keys[i].final);
		tty_win_add_text(text);
	}
}

static void tty_win_add_press(WORD key, wchar_t unit, DWORD state)
{
	bool typed = unit >= ' ' && state & RIGHT_ALT_PRESSED && state & LEFT_CTRL_PRESSED; /* by AltGr */

	if (key == VK_BACK)
		unit = state & CTRLS ? '\b' : 0x7f;
	else if (key == VK_ESCAPE)
		unit = '\033';
	else if (!typed && state & CTRLS && (key == VK_SPACE || (key == '2' && !unit)))
		unit = 0; /* NUL */
	else if (!unit)
		return tty_win_add_key(key, state);
	if (key == VK_TAB && state & SHIFT_PRESSED)
		return tty_win_add_text("\033[Z");
	if (state & ALTS && !typed)
		tty_win_add('\033');
	tty_win_add_character(unit);
}

static void tty_win_take_key(const KEY_EVENT_RECORD *event)
{
	/* what was typed by its number on the keypad comes when Alt is released */
	bool numbered = !event->bKeyDown && event->wVirtualKeyCode == VK_MENU && event->uChar.UnicodeChar;

	if (numbered)
		tty_win_add_character(event->uChar.UnicodeChar);
	for (int i = 0; event->bKeyDown && i < (event->wRepeatCount ? event->wRepeatCount : 1); i++)
		tty_win_add_press(event->wVirtualKeyCode, event->uChar.UnicodeChar, event->dwControlKeyState);
}

static void tty_win_add_mouse(unsigned button, const MOUSE_EVENT_RECORD *event, char final)
{
	CONSOLE_SCREEN_BUFFER_INFO info = {.srWindow = {0}};
	unsigned modifiers = (tty_win_modifiers(event->dwControlKeyState) - 1) * 4;
	char text[64];

	GetConsoleScreenBufferInfo(tty_win.screen, &info);
	snprintf(text, sizeof(text), "\033[<%u;%d;%d%c", button + modifiers,
		 event->dwMousePosition.X - info.srWindow.Left + 1, event->dwMousePosition.Y - info.srWindow.Top + 1,
		 final);
	tty_win_add_text(text);
}

/* Movements are left out: Windows reports those that are requested by itself. */
static void tty_win_take_mouse(const MOUSE_EVENT_RECORD *event)
{
	static const struct {
		DWORD bit;
		unsigned button;
	} buttons[] = {
		{FROM_LEFT_1ST_BUTTON_PRESSED, 0}, {FROM_LEFT_2ND_BUTTON_PRESSED, 1}, {RIGHTMOST_BUTTON_PRESSED, 2}};
	DWORD changed = tty_win.buttons ^ event->dwButtonState;

	if (event->dwEventFlags & MOUSE_WHEELED)
		return tty_win_add_mouse((short)HIWORD(event->dwButtonState) > 0 ? 64 : 65, event, 'M');
	if (event->dwEventFlags & ~(DWORD)DOUBLE_CLICK)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(buttons); i++)
		if (changed & buttons[i].bit)
			tty_win_add_mouse(buttons[i].button, event, event->dwButtonState & buttons[i].bit ? 'M' : 'm');
	tty_win.buttons = event->dwButtonState;
}

/* Takes the records that are there. */
static void tty_win_take(void)
{
	INPUT_RECORD records[RECORDS];
	DWORD count;

	while (GetNumberOfConsoleInputEvents(tty_win.in, &count) && count &&
	       ReadConsoleInputW(tty_win.in, records, RECORDS, &count)) {
		for (DWORD i = 0; i < count; i++) {
			if (records[i].EventType == KEY_EVENT)
				tty_win_take_key(&records[i].Event.KeyEvent);
			else if (records[i].EventType == MOUSE_EVENT)
				tty_win_take_mouse(&records[i].Event.MouseEvent);
			else if (records[i].EventType == WINDOW_BUFFER_SIZE_EVENT)
				tty_win.resized = true;
		}
	}
}

bool tty_read(uint32_t *c)
{
	if (tty_win.at == tty_win.count) {
		tty_win.at = tty_win.count = 0;
		if (tty_win.escaped)
			WaitForSingleObject(tty_win.in, ESC_DELAY_MS);
		tty_win_take();
	}
	tty_win.escaped = tty_win.at < tty_win.count && tty_win.queue[tty_win.at] == '\033';
	if (tty_win.at == tty_win.count)
		return false;
	*c = tty_win.queue[tty_win.at++];
	return true;
}

/* ---- waiting ---- */

static void CALLBACK tty_win_on_record(void *arg, BOOLEAN timed_out)
{
	struct tty_win_waiter *w = arg;

	(void)timed_out;
	uv_async_send(&w->uv);
}

/* Waits for one record more. The system's thread that waits only wakes the loop, which reads. */
static void tty_win_wait(struct tty_win_waiter *w)
{
	if (w->wait)
		UnregisterWaitEx(w->wait, NULL);
	w->wait = NULL;
	RegisterWaitForSingleObject(&w->wait, tty_win.in, tty_win_on_record, w, INFINITE,
				    WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE);
}

static void tty_win_on_async(uv_async_t *uv)
{
	struct tty_win_waiter *w = uv->data;

	if (w != tty_win.waiter)
		return;
	tty_win_take();
	if (tty_win.resized) {
		tty_win.resized = false;
		tty_win.ops->resized(tty_win.arg);
	}
	if (tty_win.at < tty_win.count || tty_gone())
		tty_win.ops->input(tty_win.arg);
	if (w == tty_win.waiter)
		tty_win_wait(w);
}

void tty_watch(struct loop *l, const struct tty_ops *ops, void *arg)
{
	struct tty_win_waiter *w = xcalloc(1, sizeof(*w));

	tty_win.ops = ops;
	tty_win.arg = arg;
	tty_win.waiter = w;
	w->uv.data = w;
	uv_async_init(loop_uv(l), &w->uv, tty_win_on_async);
	tty_win_wait(w);
}

static void tty_win_free_waiter(uv_handle_t *h)
{
	free(h->data);
}

void tty_unwatch(void)
{
	struct tty_win_waiter *w = tty_win.waiter;

	if (!w)
		return;
	tty_win.waiter = NULL;
	if (w->wait)
		UnregisterWaitEx(w->wait, INVALID_HANDLE_VALUE); /* returns when the thread no longer uses it */
	uv_close((uv_handle_t *)&w->uv, tty_win_free_waiter);
}

bool tty_gone(void)
{
	DWORD mode;

	return !GetConsoleMode(tty_win.in, &mode);
}
