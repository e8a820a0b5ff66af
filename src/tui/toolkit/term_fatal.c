/* SPDX-License-Identifier: MIT */
/*
 * term_fatal: gives the terminal back when a signal ends the program, and leaves a report. All that a handler needs
 * is prepared before: a handler calls only what is safe there (signal-safety(7)). Signal handlers have no
 * argument, so this state is static.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/fatal.h"
#include "host/tty.h"
#include "term_fatal.h"
#include "tui/toolkit/term.h"

static struct {
	volatile sig_atomic_t armed;
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
	ssize_t n;

	if (!fatal.armed)
		return;
	fatal.armed = 0;
	tty_write(fatal.bytes, fatal.len);
	tty_restore_now();
	if (fatal.original_stderr < 0)
		return;
	dup2(fatal.original_stderr, STDERR_FILENO);
	lseek(fatal.collected_stderr, 0, SEEK_SET);
	while ((n = read(fatal.collected_stderr, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if ((unsigned char)chunk[i] < 0x20 && chunk[i] != '\n')
				chunk[i] = '?';
		if (write(STDERR_FILENO, chunk, (size_t)n) < 0)
			break;
	}
}

static void term_fatal_describe(int fd, const char *cause)
{
	term_fatal_put(fd, "debwiz " PACKAGE_VERSION " was ended by ");
	term_fatal_put(fd, cause);
	term_fatal_put(fd, ", at: ");
	term_fatal_put(fd, fatal.screen);
	term_fatal_put(fd, "\n");
}

static void term_fatal_on_signal(const char *name)
{
	int fd;

	term_fatal_restore();
	term_fatal_describe(STDERR_FILENO, name);
	if (*fatal.report) {
		fd = open(fatal.report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			term_fatal_describe(fd, name);
			close(fd);
			term_fatal_put(STDERR_FILENO, "  -> a bug in debwiz: please report it; noted in ");
			term_fatal_put(STDERR_FILENO, fatal.report);
			term_fatal_put(STDERR_FILENO, "\n  -> running machines keep running; prepared work is kept\n");
		}
	}
}

void term_fatal_arm(const char *bytes, size_t len)
{
	fatal.original_stderr = fatal.collected_stderr = -1;
	fatal.len = len < sizeof(fatal.bytes) ? len : sizeof(fatal.bytes);
	memcpy(fatal.bytes, bytes, fatal.len);
	fatal.armed = 1;
	mem_set_exit(term_fatal_restore);
	fatal_handle(term_fatal_on_signal);
}

void term_fatal_disarm(void)
{
	fatal.armed = 0;
	mem_set_exit(NULL);
	fatal_handle(NULL);
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
