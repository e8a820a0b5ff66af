/* SPDX-License-Identifier: MIT */
/*
 * term: a terminal for tests. Runs a program on a pseudo-terminal and keeps its screen by libvterm;
 * told what to do line by line on standard input, by tests/tui/lib.py. Everything that the program
 * wrote is appended to a file, for what must be looked at byte by byte. Output is taken at all times: a program without
 * a reader of its output stops.
 *
 *     term ROWS COLUMNS RAWFILE PROGRAM ARGUMENT...
 *
 *     send HEX          types bytes                              -> ok
 *     key HEX QUIET     types, waits until QUIET ms pass without output
 *                                                                -> FIRST LAST (us), -1: nothing came
 *     sync MS           waits for output or the end, at most MS  -> changed | quiet | ended
 *     started QUIET     waits until QUIET ms pass without output
 *                                    -> FIRST LAST (us since the program's start), -1: nothing came
 *     dump              the screen                               -> ROWS, then that many lines
 *     cells             the same, with a tab behind each column  -> ROWS, then that many lines
 *     attrs             how cells look, in runs                  -> ROWS, then that many lines
 *     cursor            -> ROW COLUMN VISIBLE
 *     modes             -> iflag oflag cflag lflag of the line, alternate screen, mouse
 *     resize ROWS COLUMNS                                        -> ok
 *     winsize ROWS COLUMNS   the size is set, but no emulator follows (sizes that it cannot have)
 *     signal N          to the program                           -> ok
 *     status            -> running | exit N | signal N
 *     pid               -> PID
 *     hangup            the line goes down                       -> ok
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

struct term {
	VTerm *vt;
	VTermScreen *screen;
	int master, raw;
	pid_t pid;
	int rows, columns;
	bool ended, alternate, visible;
	bool news;   /* output came since the last sync */
	bool open;   /* within a picture, as the program marks them (synchronized output) */
	size_t mark; /* bytes of such a mark that have come */
	int mouse, status;
	int64_t start_us, first_us, last_us; /* of the program, and of its output since then */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void put_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
}

static int take(struct term *t, int ms);

/* Types bytes; output of the program is read during that, else both would wait for each other. */
static void type(struct term *t, const char *p, size_t n)
{
	while (n && t->master >= 0) {
		struct pollfd look = {.fd = t->master, .events = POLLIN | POLLOUT};
		ssize_t done;

		if (poll(&look, 1, -1) < 0 && errno != EINTR)
			return;
		if (look.revents & (POLLERR | POLLHUP))
			return;
		if (look.revents & POLLIN && take(t, 0) < 0)
			return;
		done = look.revents & POLLOUT ? write(t->master, p, n) : 0;
		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
}

/* The emulator's answers, a few bytes. */
static void on_output(const char *p, size_t n, void *arg)
{
	struct term *t = arg;

	if (t->master >= 0)
		put_all(t->master, p, n);
}

static int on_property(VTermProp prop, VTermValue *value, void *arg)
{
	struct term *t = arg;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alternate = value->boolean;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		t->visible = value->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		t->mouse = value->number;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

/* Follows the marks around each picture. */
static void follow(struct term *t, const char *p, size_t n)
{
	static const char mark[] = "\033[?2026";

	for (; n; p++, n--) {
		if (t->mark == sizeof(mark) - 1 && (*p == 'h' || *p == 'l'))
			t->open = *p == 'h';
		if (t->mark < sizeof(mark) - 1 && *p == mark[t->mark])
			t->mark++;
		else
			t->mark = *p == mark[0];
	}
}

/* Waits for output and takes it; 1: some came, 0: none, -1: the line is at its end. */
static int take(struct term *t, int ms)
{
	struct pollfd look = {.fd = t->master, .events = POLLIN};
	char chunk[65536];
	ssize_t n;

	if (t->master < 0)
		return -1;
	if (poll(&look, 1, ms) <= 0)
		return 0;
	n = read(t->master, chunk, sizeof(chunk));
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
	t->news = true;
	t->last_us = now_us() - t->start_us;
	if (t->first_us < 0)
		t->first_us = t->last_us;
	put_all(t->raw, chunk, (size_t)n);
	follow(t, chunk, (size_t)n);
	vterm_input_write(t->vt, chunk, (size_t)n);
	vterm_screen_flush_damage(t->screen);
	return 1;
}

/* Reads the available output, and the rest of a picture that has begun. */
static void take_all(struct term *t)
{
	while (take(t, t->open ? 1000 : 0) > 0)
		;
}

static void reap(struct term *t)
{
	int status;

	if (!t->ended && waitpid(t->pid, &status, WNOHANG) == t->pid) {
		t->ended = true;
		t->status = status;
	}
}

static const char *sync_line(struct term *t, int ms)
{
	int64_t end = now_us() + (int64_t)ms * 1000;

	for (;;) {
		if (!t->news)
			take(t, 20);
		reap(t);
		if (t->news) {
			take_all(t);
			t->news = false;
			return "changed";
		}
		if (t->ended) {
			take_all(t);
			return "ended";
		}
		if (now_us() >= end)
			return "quiet";
	}
}

static void put_utf8(uint32_t c)
{
	if (c < 0x80) {
		putchar((int)c);
	} else if (c < 0x800) {
		putchar((int)(0xc0 | c >> 6));
		putchar((int)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			putchar((int)(0xe0 | c >> 12));
		} else {
			putchar((int)(0xf0 | c >> 18));
			putchar((int)(0x80 | (c >> 12 & 0x3f)));
		}
		putchar((int)(0x80 | (c >> 6 & 0x3f)));
		putchar((int)(0x80 | (c & 0x3f)));
	}
}

static VTermScreenCell cell_at(struct term *t, int row, int column)
{
	VTermScreenCell cell;

	memset(&cell, 0, sizeof(cell));
	vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = column}, &cell);
	return cell;
}

static void dump(struct term *t, bool apart)
{
	printf("%d\n", t->rows);
	for (int row = 0; row < t->rows; row++) {
		for (int column = 0; column < t->columns;) {
			VTermScreenCell cell = cell_at(t, row, column);

			if (!cell.chars[0] || cell.chars[0] == (uint32_t)-1)
				putchar(' ');
			for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != (uint32_t)-1;
			     i++)
				put_utf8(cell.chars[i]);
			for (int i = 0; apart && i < (cell.width > 1 ? cell.width : 1); i++)
				putchar('\t');
			column += cell.width > 1 ? cell.width : 1;
		}
		putchar('\n');
	}
}

static void colour(const VTermColor *c, char out[16])
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		snprintf(out, 16, "-");
	else if (VTERM_COLOR_IS_INDEXED(c))
		snprintf(out, 16, "%d", c->indexed.idx);
	else
		snprintf(out, 16, "#%02x%02x%02x", c->rgb.red, c->rgb.green, c->rgb.blue);
}

static void look(struct term *t, int row, int column, char out[64])
{
	VTermScreenCell cell = cell_at(t, row, column);
	char fg[16], bg[16];

	colour(&cell.fg, fg);
	colour(&cell.bg, bg);
	snprintf(out, 64, "%s%s%s%s,%s,%s", cell.attrs.bold ? "b" : "", cell.attrs.reverse ? "r" : "",
		 cell.attrs.underline ? "u" : "", cell.attrs.blink ? "k" : "", fg, bg);
}

/* FROM:TO:FLAGS,FOREGROUND,BACKGROUND of each run that is not plain. */
static void attrs(struct term *t)
{
	printf("%d\n", t->rows);
	for (int row = 0; row < t->rows; row++) {
		for (int column = 0; column < t->columns;) {
			char first[64], next[64];
			int from = column;

			look(t, row, column, first);
			do {
				column++;
				if (column < t->columns)
					look(t, row, column, next);
			} while (column < t->columns && !strcmp(first, next));
			if (strcmp(first, ",-,-"))
				printf("%d:%d:%s ", from, column, first);
		}
		putchar('\n');
	}
}

static size_t unhex(const char *hex, char *out)
{
	size_t n = 0;
	unsigned byte;

	while (sscanf(hex, "%2x", &byte) == 1 && hex[0] != ' ') {
		out[n++] = (char)byte;
		hex += 2;
	}
	return n;
}

static void key_line(struct term *t, const char *bytes, size_t n, int quiet)
{
	int64_t start, first = -1, last = -1;

	while (take(t, 0) > 0)
		;
	start = now_us();
	type(t, bytes, n);
	while (take(t, quiet) > 0) {
		last = now_us() - start;
		if (first < 0)
			first = last;
	}
	printf("%lld %lld\n", (long long)first, (long long)last);
}

static void started_line(struct term *t, int quiet)
{
	while (take(t, t->first_us < 0 ? 5000 : quiet) > 0)
		;
	printf("%lld %lld\n", (long long)t->first_us, (long long)t->last_us);
}

static void resize(struct term *t, int rows, int columns, bool follow)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	if (follow) {
		t->rows = rows;
		t->columns = columns;
		vterm_set_size(t->vt, rows, columns);
	}
	ioctl(t->master, TIOCSWINSZ, &size);
	puts("ok");
}

static void status_line(struct term *t)
{
	reap(t);
	if (!t->ended)
		puts("running");
	else if (WIFSIGNALED(t->status))
		printf("signal %d\n", WTERMSIG(t->status));
	else
		printf("exit %d\n", WEXITSTATUS(t->status));
}

static void modes_line(struct term *t)
{
	struct termios m;

	memset(&m, 0, sizeof(m));
	if (t->master >= 0)
		tcgetattr(t->master, &m);
	printf("%lu %lu %lu %lu %d %d\n", (unsigned long)m.c_iflag, (unsigned long)m.c_oflag, (unsigned long)m.c_cflag,
	       (unsigned long)m.c_lflag, t->alternate, t->mouse);
}

static void cursor_line(struct term *t)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &pos);
	printf("%d %d %d\n", pos.row, pos.col, t->visible);
}

static void obey(struct term *t, char *line)
{
	static char bytes[1 << 20];
	char word[32] = "";
	int used = 0, a = 0, b = 0;
	char *rest;
	size_t n;

	sscanf(line, "%31s%n", word, &used);
	rest = line + used + (line[used] == ' ');
	sscanf(rest, "%d %d", &a, &b);
	if (strchr("dacm", word[0])) /* dump, attrs, ...: as it is now */
		take_all(t);
	if (!strcmp(word, "send")) {
		n = unhex(rest, bytes);
		type(t, bytes, n);
		puts("ok");
	} else if (!strcmp(word, "key")) {
		n = unhex(rest, bytes);
		rest = strchr(rest, ' ');
		key_line(t, bytes, n, rest ? (int)strtol(rest, NULL, 10) : 50);
	} else if (!strcmp(word, "sync")) {
		puts(sync_line(t, a));
	} else if (!strcmp(word, "started")) {
		started_line(t, a);
	} else if (!strcmp(word, "dump")) {
		dump(t, false);
	} else if (!strcmp(word, "cells")) {
		dump(t, true);
	} else if (!strcmp(word, "attrs")) {
		attrs(t);
	} else if (!strcmp(word, "cursor")) {
		cursor_line(t);
	} else if (!strcmp(word, "modes")) {
		modes_line(t);
	} else if (!strcmp(word, "resize") || !strcmp(word, "winsize")) {
		resize(t, a, b, word[0] == 'r');
	} else if (!strcmp(word, "signal")) {
		kill(t->pid, a);
		puts("ok");
	} else if (!strcmp(word, "status")) {
		status_line(t);
	} else if (!strcmp(word, "pid")) {
		printf("%d\n", (int)t->pid);
	} else if (!strcmp(word, "hangup")) {
		close(t->master);
		t->master = -1;
		puts("ok");
	} else {
		puts("what?");
	}
	fflush(stdout);
}

/* Takes output until there is a line to read; false: never. */
static bool wait_for_line(struct term *t)
{
	struct pollfd look[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = t->master, .events = POLLIN}};

	for (;;) {
		if (poll(look, 2, -1) < 0 && errno != EINTR)
			return false;
		if (look[0].revents)
			return true;
		if (look[1].revents && take(t, 0) < 0)
			look[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	static char line[(1 << 20) + 64];
	struct term t = {.visible = true, .first_us = -1, .last_us = -1};
	struct winsize size;

	if (argc < 5)
		return 2;
	t.rows = (int)strtol(argv[1], NULL, 10);
	t.columns = (int)strtol(argv[2], NULL, 10);
	t.raw = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	size = (struct winsize){.ws_row = (unsigned short)t.rows, .ws_col = (unsigned short)t.columns};
	t.vt = vterm_new(t.rows, t.columns);
	vterm_set_utf8(t.vt, 1);
	vterm_output_set_callback(t.vt, on_output, &t);
	t.screen = vterm_obtain_screen(t.vt);
	vterm_screen_enable_altscreen(t.screen, 1);
	vterm_screen_set_callbacks(t.screen, &callbacks, &t);
	vterm_screen_reset(t.screen, 1);
	t.start_us = now_us();
	t.pid = forkpty(&t.master, NULL, NULL, &size);
	if (t.pid < 0 || t.raw < 0)
		return 1;
	if (!t.pid) {
		const struct sigaction plain = {.sa_handler = SIG_DFL};

		/* as a login shell has them, whatever this one was started with */
		sigaction(SIGINT, &plain, NULL);
		sigaction(SIGQUIT, &plain, NULL);
		execv(argv[4], argv + 4);
		_exit(127);
	}
	fcntl(t.master, F_SETFD, FD_CLOEXEC);
	fcntl(t.master, F_SETFL, O_NONBLOCK);
	while (wait_for_line(&t) && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&t, line);
	}
	if (t.master >= 0)
		close(t.master); /* hangs up; whoever ignores that is ended */
	for (int i = 0; i < 100 && !t.ended; i++) {
		poll(NULL, 0, 20);
		reap(&t);
	}
	if (!t.ended)
		kill(t.pid, SIGKILL);
	vterm_free(t.vt);
	return 0;
}
