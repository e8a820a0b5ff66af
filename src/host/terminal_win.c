/* SPDX-License-Identifier: MIT */
/* terminal_win: the console. In a pipe, which mintty's terminal is, there is no size and no echo to switch off. */
#include <windows.h>

#include "host/terminal.h"

static DWORD terminal_win_before; /* what host_terminal_echo restores */

bool host_terminal_size(int fd, unsigned *rows, unsigned *columns)
{
	CONSOLE_SCREEN_BUFFER_INFO info;
	HANDLE h = (HANDLE)_get_osfhandle(fd);

	/* standard input has no size of its own */
	if (!GetConsoleScreenBufferInfo(h, &info) &&
	    !GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
		return false;
	*rows = (unsigned)(info.srWindow.Bottom - info.srWindow.Top + 1);
	*columns = (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
	return true;
}

bool host_terminal_hush(void)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);

	return GetConsoleMode(in, &terminal_win_before) &&
	       SetConsoleMode(in, terminal_win_before & ~(DWORD)(ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT));
}

void host_terminal_echo(void)
{
	SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), terminal_win_before);
}

bool host_locale_is_utf8(void)
{
	return true; /* by main's manifest and the console's code page */
}

int host_reader_lost(int fd)
{
	HANDLE h = (HANDLE)_get_osfhandle(fd);
	DWORD done;

	/* writing nothing shows whether there is a reader */
	return GetFileType(h) == FILE_TYPE_PIPE && !WriteFile(h, "", 0, &done, NULL) ? EPIPE : 0;
}

__attribute__((constructor)) static void terminal_win_code_page(void)
{
	SetConsoleOutputCP(CP_UTF8);
	SetConsoleCP(CP_UTF8);
}
