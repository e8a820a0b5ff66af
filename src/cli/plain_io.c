/* SPDX-License-Identifier: MIT */
/* plain_io: prints and reads lines of the wizard. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/terminal.h"
#include "plain.h"

#define LINE_MAX_BYTES 4096
#define CTRL_C 3

void plain_line(const char *fmt, ...)
{
	va_list ap;
	char *text, *clean;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	clean = text_clean(text, strlen(text), true);
	puts(clean);
	free(clean);
	free(text);
}

/* Reads byte by byte, so that later input stays for the next reader (ssh, a boot's question). */
static char *plain_io_read_line(struct plain *p)
{
	struct buf b;
	char c = '\n';
	ssize_t n;

	buf_init(&b, LINE_MAX_BYTES);
	do {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 1 && c == CTRL_C)
			p->interrupted = true;
		if (n != 1 || c == '\n' || c == CTRL_C)
			break;
		buf_addc(&b, c);
	} while (true);
	if (n != 1 && !b.len)
		p->ended = true;
	if (p->ended || p->interrupted) {
		mem_wipe(b.data, b.len);
		buf_fini(&b);
		return NULL;
	}
	while (b.len && strchr(" \t\r", b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	return buf_steal(&b);
}

char *plain_read(struct plain *p, const char *prompt)
{
	char *clean = text_clean(prompt, strlen(prompt), false);
	char *line;

	printf("%s: ", clean);
	fflush(stdout);
	free(clean);
	if (p->ended || p->interrupted)
		return NULL;
	line = plain_io_read_line(p);
	/* echo piped input, so that the dialogue can be read */
	if (line && !isatty(STDIN_FILENO))
		plain_line("%s", line);
	else if (!line)
		putchar('\n');
	return line;
}

char *plain_read_secret(struct plain *p, const char *prompt)
{
	bool hushed;
	char *line;

	printf("%s: ", prompt);
	fflush(stdout);
	if (p->ended || p->interrupted)
		return NULL;
	hushed = host_terminal_hush();
	line = plain_io_read_line(p);
	if (hushed)
		host_terminal_echo();
	putchar('\n');
	return line;
}

bool plain_yes(struct plain *p, const char *prompt, bool fallback)
{
	AUTO_FREE char *ask = xasprintf("%s [%s]", prompt, fallback ? "yes" : "no");
	bool yes = fallback;

	for (int i = 0; i < 5; i++) {
		char *line = plain_read(p, ask);
		bool good = true;

		if (!line)
			break;
		if (!strcmp(line, "y") || !strcmp(line, "yes"))
			yes = true;
		else if (!strcmp(line, "n") || !strcmp(line, "no"))
			yes = false;
		else
			good = !*line;
		free(line);
		if (good)
			break;
		plain_line("  write yes or no");
	}
	return yes;
}

/* ---- waiting ---- */

struct plain_waiting {
	struct plain *p;
	bool late;
};

static void plain_io_on_late(void *arg)
{
	struct plain_waiting *w = arg;

	w->late = true;
	loop_stop(w->p->cli->loop);
}

void plain_wait(struct plain *p, struct choice_list (*look)(struct plain *p, void *arg), void *arg, unsigned seconds)
{
	struct plain_waiting w = {.p = p};
	struct loop_timer *timer = NULL;
	bool told = false;

	for (;;) {
		struct choice_list l = look(p, arg);

		if (l.state != CHOICE_LOADING || w.late)
			break;
		if (!told)
			plain_line("  (%s ...)", l.note);
		told = true;
		fflush(stdout);
		if (!timer)
			timer = loop_timer_start(p->cli->loop, (uint64_t)seconds * 1000, 0, plain_io_on_late, &w);
		loop_run(p->cli->loop);
	}
	loop_timer_stop(timer);
}
