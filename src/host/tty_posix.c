/* SPDX-License-Identifier: MIT */
/* tty_posix: by termios(3). */
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "host/file.h"
#include "host/tty.h"

static struct {
	struct termios modes; /* as they were found */
	int fd;		      /* the terminal, opened again */
	struct loop_fd *watch;
	const struct tty_ops *ops;
	void *arg;
} tty_posix;

bool tty_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void tty_open(void)
{
	tcgetattr(STDIN_FILENO, &tty_posix.modes);
}

void tty_restore(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &tty_posix.modes);
}

void tty_restore_now(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &tty_posix.modes);
}

void tty_write(const char *bytes, size_t n)
{
	file_write_all(STDOUT_FILENO, bytes, n, "the terminal", NULL);
}

char tty_erase(void)
{
	return tty_posix.modes.c_cc[VERASE] == '\b' ? '\b' : 0x7f;
}

/* Opens the terminal again to wait for keys: libuv makes what it waits on non-blocking for all who share the open
 * file description, the shell and our own output among them, which would then lose what does not fit. */
static int tty_posix_open_again(void)
{
	const char *name = ttyname(STDIN_FILENO);
	int fd = name ? open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;

	return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

static void tty_posix_on_input(int events, void *arg)
{
	(void)events;
	(void)arg;
	tty_posix.ops->input(tty_posix.arg);
}

void tty_watch(struct loop *l, const struct tty_ops *ops, void *arg)
{
	tty_posix.ops = ops;
	tty_posix.arg = arg;
	tty_posix.fd = tty_posix_open_again();
	tty_posix.watch = loop_fd_start(l, tty_posix.fd, LOOP_READ, tty_posix_on_input, NULL);
}

void tty_unwatch(void)
{
	if (!tty_posix.ops)
		return;
	loop_fd_stop(tty_posix.watch);
	close(tty_posix.fd);
	tty_posix.ops = NULL;
}

bool tty_gone(void)
{
	struct pollfd look = {.fd = STDIN_FILENO, .events = POLLIN};
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes) < 0)
		return true;
	/* POLLNVAL: macOS does not poll such a device (/dev/tty), which has modes all the same */
	return poll(&look, 1, 0) > 0 && look.revents & (POLLHUP | POLLERR);
}
