/* SPDX-License-Identifier: MIT */
/*
 * term_fatal: gives the terminal back when a signal ends the program, and leaves a report. All that a handler needs
 * is prepared before: a handler calls only what is safe there (signal-safety(7)). Signal handlers have no
 * argument, so this state is static.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "term_fatal.h"
#include "tui/toolkit/term.h"

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
#define FATAL_COUNT ARRAY_SIZE(fatal_signals)

static struct {
	volatile sig_atomic_t armed;
	struct termios modes;
	char bytes[512]; /* what leaves the full screen */
	size_t len;
	int original_stderr, collected_stderr;
	char report[512], screen[64];
} fatal;

static void term_fatal_put(int fd, const char *s)
{
	size_t n = strlen(s);
	ssize_t done = write(fd, s, n);

	(void)done;
}

/* Restores the terminal and standard error, and writes what was collected for it. */
static void term_fatal_restore(void)
{
	char chunk[1024];
	off_t at = 0;
	ssize_t n;

	if (!fatal.armed)
		return;
	fatal.armed = 0;
	if (write(STDOUT_FILENO, fatal.bytes, fatal.len) < 0)
		errno = 0; /* there is no place to report it */
	tcsetattr(STDIN_FILENO, TCSANOW, &fatal.modes);
	if (fatal.original_stderr < 0)
		return;
	dup2(fatal.original_stderr, STDERR_FILENO);
	while ((n = pread(fatal.collected_stderr, chunk, sizeof(chunk), at)) > 0) {
		at += n;
		for (ssize_t i = 0; i < n; i++)
			if ((unsigned char)chunk[i] < 0x20 && chunk[i] != '\n')
				chunk[i] = '?';
		if (write(STDERR_FILENO, chunk, (size_t)n) < 0)
			break;
	}
}

static const char *term_fatal_signal_word(int signum)
{
	switch (signum) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGABRT:
		return "SIGABRT";
	case SIGILL:
		return "SIGILL";
	case SIGFPE:
		return "SIGFPE";
	case SIGSYS:
		return "SIGSYS";
	default:
		return "a fatal signal";
	}
}

static void term_fatal_describe(int fd, int signum)
{
	term_fatal_put(fd, "debwiz " PACKAGE_VERSION " was ended by ");
	term_fatal_put(fd, term_fatal_signal_word(signum));
	term_fatal_put(fd, ", at: ");
	term_fatal_put(fd, fatal.screen);
	term_fatal_put(fd, "\n");
}

static void term_fatal_on_signal(int signum)
{
	int fd;

	term_fatal_restore();
	term_fatal_describe(STDERR_FILENO, signum);
	if (*fatal.report) {
		fd = open(fatal.report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			term_fatal_describe(fd, signum);
			close(fd);
			term_fatal_put(STDERR_FILENO, "  -> a bug in debwiz: please report it; noted in ");
			term_fatal_put(STDERR_FILENO, fatal.report);
			term_fatal_put(STDERR_FILENO, "\n  -> running machines keep running; prepared work is kept\n");
		}
	}
	raise(signum); /* SA_RESETHAND: the default action follows */
}

static void term_fatal_set_handlers(void (*handler)(int), int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		sigaction(fatal_signals[i], &act, NULL);
}

void term_fatal_arm(const struct termios *modes, const char *bytes, size_t len)
{
	fatal.modes = *modes;
	fatal.original_stderr = fatal.collected_stderr = -1;
	fatal.len = len < sizeof(fatal.bytes) ? len : sizeof(fatal.bytes);
	memcpy(fatal.bytes, bytes, fatal.len);
	fatal.armed = 1;
	mem_set_exit(term_fatal_restore);
	term_fatal_set_handlers(term_fatal_on_signal, (int)SA_RESETHAND | SA_NODEFER);
}

void term_fatal_disarm(void)
{
	fatal.armed = 0;
	mem_set_exit(NULL);
	term_fatal_set_handlers(SIG_DFL, 0);
}

void term_fatal_stderr(int original, int collected)
{
	fatal.original_stderr = original;
	fatal.collected_stderr = collected;
}

void term_report(const char *path)
{
	snprintf(fatal.report, sizeof(fatal.report), "%s", path);
}

void term_report_screen(const char *name)
{
	snprintf(fatal.screen, sizeof(fatal.screen), "%s", name);
}
