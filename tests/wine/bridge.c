/* SPDX-License-Identifier: MIT */
/*
 * bridge: replaces a program of Linux under Wine: copied to qemu-system-arm.exe it runs Linux's qemu-system-arm by
 * bridge.py, whose port and key are in DEBWIZ_BRIDGE (PORT:KEY). It passes on its arguments, standard input, output
 * and exit status; when it is ended, so is the program. Started directly by Wine a program of Linux has neither a
 * handle nor output.
 *
 * Frames in both directions: a type, the length in four bytes (lowest first), that many bytes. To bridge.py: k the key,
 * a one argument (the first is the program's name), g go, i standard input (empty: its end). From it: o and e output,
 * x the exit status as text.
 */
#include <winsock2.h>

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SOCKET line;

static void bridge_fail(const char *what)
{
	fprintf(stderr, "bridge: %s\n", what);
	exit(125);
}

static void bridge_send(char type, const char *p, size_t n)
{
	char head[5] = {type, (char)n, (char)(n >> 8), (char)(n >> 16), (char)(n >> 24)};

	if (send(line, head, sizeof(head), 0) != sizeof(head))
		exit(125);
	while (n) {
		int sent = send(line, p, (int)n, 0);

		if (sent <= 0)
			exit(125);
		p += sent;
		n -= (size_t)sent;
	}
}

/* Reads exactly n bytes. */
static void bridge_read(char *p, size_t n)
{
	while (n) {
		int got = recv(line, p, (int)n, 0);

		if (got <= 0)
			bridge_fail("bridge.py has gone");
		p += got;
		n -= (size_t)got;
	}
}

static void bridge_connect(void)
{
	const char *place = getenv("DEBWIZ_BRIDGE");
	const char *key = place ? strchr(place, ':') : NULL;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	WSADATA data;

	if (!key)
		bridge_fail("DEBWIZ_BRIDGE is not set");
	WSAStartup(MAKEWORD(2, 2), &data);
	to.sin_port = htons((unsigned short)strtoul(place, NULL, 10));
	line = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
	if (line == INVALID_SOCKET || connect(line, (struct sockaddr *)&to, sizeof(to)) != 0)
		bridge_fail("bridge.py does not listen");
	bridge_send('k', key + 1, strlen(key + 1));
}

static void bridge_send_argument(const wchar_t *arg)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, arg, -1, NULL, 0, NULL, NULL);
	char *text = malloc((size_t)n);

	WideCharToMultiByte(CP_UTF8, 0, arg, -1, text, n, NULL, NULL);
	bridge_send('a', text, (size_t)n - 1);
	free(text);
}

static void bridge_send_name(void)
{
	wchar_t path[MAX_PATH];
	wchar_t *name, *end;

	GetModuleFileNameW(NULL, path, MAX_PATH);
	name = wcsrchr(path, L'\\');
	name = name ? name + 1 : path;
	end = wcsrchr(name, L'.');
	if (end)
		*end = 0;
	bridge_send_argument(name);
}

static DWORD WINAPI bridge_input(void *arg)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
	char bytes[16384];
	DWORD n;

	(void)arg;
	while (ReadFile(in, bytes, sizeof(bytes), &n, NULL) && n)
		bridge_send('i', bytes, n);
	bridge_send('i', NULL, 0);
	return 0;
}

int wmain(int argc, wchar_t **argv)
{
	static char bytes[65536];
	DWORD written;

	bridge_connect();
	bridge_send_name();
	for (int i = 1; i < argc; i++)
		bridge_send_argument(argv[i]);
	bridge_send('g', NULL, 0);
	CreateThread(NULL, 0, bridge_input, NULL, 0, NULL);
	for (;;) {
		unsigned char head[5];
		size_t n;

		bridge_read((char *)head, sizeof(head));
		n = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
		if (n >= sizeof(bytes))
			bridge_fail("a frame is too long");
		bridge_read(bytes, n);
		bytes[n] = 0;
		if (head[0] == 'x')
			ExitProcess((UINT)strtoul(bytes, NULL, 10)); /* the other thread waits for input */
		WriteFile(GetStdHandle(head[0] == 'o' ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE), bytes, (DWORD)n,
			  &written, NULL);
	}
}
