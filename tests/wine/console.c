/* SPDX-License-Identifier: MIT */
/*
 * console: runs a program in the console that it is started in, and does to that console what Wine's terminal cannot,
 * as lines on the loopback port of DEBWIZ_ORDERS say; answers each by "ok". Exits with the program's status.
 *
 *     console PROGRAM ARGUMENT...
 *
 *     size ROWS COLUMNS            the window has another size
 *     key CODE UNIT STATE          a key is pressed and released: the virtual key, the UTF-16 unit, the control keys
 *     text HEX                     UTF-16 units, four digits each, without a key, as Windows sends its control
 * sequences mouse ROW COLUMN BUTTONS     the mouse is there, with these buttons (bits) held wheel ROW COLUMN DELTA its
 * wheel is turned
 */
#include <winsock2.h>

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ORDER_MAX 1024

static void console_fail(const char *what)
{
	fprintf(stderr, "console: %s\n", what);
	exit(125);
}

static SOCKET console_connect(void)
{
	const char *port = getenv("DEBWIZ_ORDERS");
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	WSADATA data;
	SOCKET line;

	if (!port)
		console_fail("DEBWIZ_ORDERS is not set");
	WSAStartup(MAKEWORD(2, 2), &data);
	to.sin_port = htons((unsigned short)strtoul(port, NULL, 10));
	line = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
	if (line == INVALID_SOCKET || connect(line, (struct sockaddr *)&to, sizeof(to)) != 0)
		console_fail("nobody listens for the console");
	return line;
}

static void console_resize(int rows, int columns)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	COORD size = {(SHORT)columns, (SHORT)rows};
	SMALL_RECT least = {0, 0, 0, 0}, window = {0, 0, (SHORT)(columns - 1), (SHORT)(rows - 1)};

	/* the window is never larger than the buffer */
	if (!SetConsoleWindowInfo(out, TRUE, &least) || !SetConsoleScreenBufferSize(out, size) ||
	    !SetConsoleWindowInfo(out, TRUE, &window))
		console_fail("the size cannot be set");
}

static void console_put(const INPUT_RECORD *records, size_t n)
{
	HANDLE in = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				OPEN_EXISTING, 0, NULL); /* standard input can only be read */
	DWORD written;

	if (in == INVALID_HANDLE_VALUE || !WriteConsoleInputW(in, records, (DWORD)n, &written))
		console_fail("no input can be put in");
	CloseHandle(in);
}

static INPUT_RECORD console_key(int code, wchar_t unit, int state, BOOL down)
{
	INPUT_RECORD record = {.EventType = KEY_EVENT};
	KEY_EVENT_RECORD *key = &record.Event.KeyEvent;

	key->wVirtualKeyCode = (WORD)code;
	key->uChar.UnicodeChar = unit;
	key->dwControlKeyState = (DWORD)state;
	key->wRepeatCount = 1;
	key->bKeyDown = down;
	return record;
}

static void console_press(int code, int unit, int state)
{
	INPUT_RECORD records[] = {console_key(code, (wchar_t)unit, state, TRUE),
				  console_key(code, (wchar_t)unit, state, FALSE)};

	console_put(records, 2);
}

static void console_text(const char *hex)
{
	static INPUT_RECORD records[ORDER_MAX];
	size_t n = 0;
	unsigned unit;

	for (; sscanf(hex, "%4x", &unit) == 1; hex += 4)
		records[n++] = console_key(0, (wchar_t)unit, 0, TRUE);
	console_put(records, n);
}

static void console_mouse(int row, int column, DWORD buttons, DWORD flags)
{
	INPUT_RECORD record = {.EventType = MOUSE_EVENT};
	MOUSE_EVENT_RECORD *mouse = &record.Event.MouseEvent;

	mouse->dwMousePosition = (COORD){(SHORT)column, (SHORT)row};
	mouse->dwButtonState = buttons;
	mouse->dwEventFlags = flags;
	console_put(&record, 1);
}

static void console_obey(const char *order)
{
	int a, b, c;

	if (sscanf(order, "size %d %d", &a, &b) == 2)
		console_resize(a, b);
	else if (sscanf(order, "key %i %i %i", &a, &b, &c) == 3)
		console_press(a, b, c);
	else if (!strncmp(order, "text ", 5))
		console_text(order + 5);
	else if (sscanf(order, "mouse %d %d %i", &a, &b, &c) == 3)
		console_mouse(a, b, (DWORD)c, 0);
	else if (sscanf(order, "wheel %d %d %d", &a, &b, &c) == 3)
		console_mouse(a, b, (DWORD)c << 16, MOUSE_WHEELED);
	else
		console_fail("an order is not known");
}

static DWORD WINAPI console_listen(void *arg)
{
	SOCKET *line = arg;
	char order[ORDER_MAX];
	size_t n = 0;

	while (n < sizeof(order) - 1 && recv(*line, order + n, 1, 0) == 1) {
		if (order[n++] != '\n')
			continue;
		order[n] = '\0';
		n = 0;
		console_obey(order);
		send(*line, "ok\n", 3, 0);
	}
	return 0;
}

/* Returns the command line behind its first word. */
static wchar_t *console_rest(void)
{
	wchar_t *line = GetCommandLineW();
	wchar_t *end = *line == L'"' ? wcschr(line + 1, L'"') : wcschr(line, L' ');

	if (!end)
		console_fail("there is no program");
	return end + 1 + wcsspn(end + 1, L" ");
}

int wmain(void)
{
	STARTUPINFOW start = {.cb = sizeof(start)};
	PROCESS_INFORMATION program;
	SOCKET line = console_connect();
	DWORD status = 125;

	if (!CreateProcessW(NULL, console_rest(), NULL, NULL, TRUE, 0, NULL, NULL, &start, &program))
		console_fail("the program cannot be started");
	CreateThread(NULL, 0, console_listen, &line, 0, NULL);
	WaitForSingleObject(program.hProcess, INFINITE);
	GetExitCodeProcess(program.hProcess, &status);
	ExitProcess(status);
}
