/* SPDX-License-Identifier: MIT */
/* terminal_posix: by termios(3) and nl_langinfo(3). */
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "host/terminal.h"

#define CTRL_C 3

static struct termios terminal_posix_before; /* what host_terminal_echo restores */

bool host_terminal_size(int fd, unsigned *rows, unsigned *columns)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return false;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return true;
}

bool host_terminal_hush(void)
{
	struct termios quiet;

	if (tcgetattr(STDIN_FILENO, &terminal_posix_before) < 0)
		return false;
	quiet = terminal_posix_before;
	quiet.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
	quiet.c_cc[VEOL] = CTRL_C;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	return true;
}

void host_terminal_echo(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_posix_before);
}

bool host_locale_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int host_reader_lost(int fd)
{
	struct pollfd reader = {.fd = fd, .events = POLLOUT};

	/* of a pipe Linux reports POLLERR, the others POLLHUP; macOS reports it only to who waits for something */
	return poll(&reader, 1, 0) > 0 && reader.revents & (POLLERR | POLLHUP) ? EPIPE : 0;
}
