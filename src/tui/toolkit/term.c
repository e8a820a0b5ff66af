/* SPDX-License-Identifier: MIT */
/* term: opens, sizes and gives back the terminal; what drawing and keys need of a library is in backend.c. */
#include "tui/toolkit/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "backend.h"
#include "base/base64.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "term_fatal.h"
#include "term_input.h"

#define MAX_ROWS 1000
#define MAX_COLUMNS 2000
#define STDERR_MAX (64u << 10) /* bytes of collected standard error that are shown */

struct term {
	struct term_caps caps;
	struct term_input keys;
	struct termios saved;  /* modes as they were found */
	bool like_xterm;       /* the terminal understands xterm's sequences: paste marks, titles, ... */
	enum term_moves moves; /* that it reports */
	bool titled;	       /* its window has a title of ours */
	bool inside;	       /* the terminal is ours now, not another program's */
	int fd;		       /* the same terminal, opened again */
	int original_stderr, collected_stderr;
};

/* Opens the terminal again to wait for keys: libuv makes what it waits on non-blocking for all who share the open
 * file description, the shell and our own output among them, which would then lose what does not fit. */
static int term_open_again(void)
{
	const char *name = ttyname(STDIN_FILENO);
	int fd = name ? open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;

	return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

bool term_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Sends a control string that curses does not know of. */
static void term_send(const char *bytes)
{
	file_write_all(STDOUT_FILENO, bytes, strlen(bytes), "the terminal", NULL);
}

/* Sends standard error to a file without a name until the terminal is given back. */
static void term_collect_stderr(struct term *t)
{
	FILE *file = tmpfile();

	t->original_stderr = t->collected_stderr = -1;
	if (!file)
		return;
	t->collected_stderr = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	fclose(file);
	t->original_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (t->collected_stderr >= 0 && t->original_stderr >= 0)
		dup2(t->collected_stderr, STDERR_FILENO);
	term_fatal_stderr(t->original_stderr, t->collected_stderr);
}

/* Restores standard error and prints what was collected. */
static void term_print_stderr(struct term *t)
{
	char *bytes, *clean;
	off_t end;
	ssize_t n;

	fflush(stderr);
	if (t->original_stderr >= 0) {
		dup2(t->original_stderr, STDERR_FILENO);
		close(t->original_stderr);
	}
	if (t->collected_stderr < 0)
		return;
	end = lseek(t->collected_stderr, 0, SEEK_END);
	if (end > 0) {
		bytes = xmalloc(STDERR_MAX);
		n = pread(t->collected_stderr, bytes, STDERR_MAX, end > STDERR_MAX ? end - STDERR_MAX : 0);
		clean = text_clean(bytes, n > 0 ? (size_t)n : 0, true);
		fputs(clean, stderr);
		free(clean);
		free(bytes);
	}
	close(t->collected_stderr);
}

/* Reads COLORFGBG ("15;0", "0;default;15"): the last part is the background's colour (rxvt(1), konsole). */
static void term_find_background(struct term_caps *caps)
{
	const char *colours = getenv("COLORFGBG");
	const char *bg = colours ? strrchr(colours, ';') : NULL;

	if (!bg)
		return;
	caps->light = !strcmp(bg, ";7") || !strcmp(bg, ";15");
	caps->dark = !caps->light && bg[1] >= '0' && bg[1] <= '8' && !bg[2];
}

/* `try`: an entry of terminfo that may do in place of TERM, or NULL. */
static int term_refuse(struct err *e, const char *why, const char *try)
{
	AUTO_FREE char *first =
		try ? xasprintf("try `TERM=%s debwiz`, or install the entry (ncurses-term); ", try) : xstrdup("");
	int r;

	err_set(e, ERR_USAGE, "no-terminal", "no full screen here: %s", why);
	r = err_hint(e,
		     "%s`debwiz new --plain` asks the same questions line by line; `debwiz --help` "
		     "lists what can be done by command",
		     first);
	return r;
}

/* Switches paste marks and the mouse on. */
static void term_request_reports(struct term *t)
{
	if (t->like_xterm)
		term_send("\033[?2004h");
	if (t->like_xterm && t->caps.mouse) /* one by one: some terminals read only the first of what curses sends */
		term_send("\033[?1006h\033[?1000h");
}

/* Makes a fatal signal give the terminal back. */
static void term_arm_fatal(const struct term *t)
{
	char bytes[512];
	int n = snprintf(bytes, sizeof(bytes), "%s%s", t->like_xterm ? "\033[?2026l\033[?2004l" : "",
			 t->caps.mouse ? "\033[?1003l\033[?1002l\033[?1006l\033[?1000l" : "");
	size_t len = (size_t)n;

	len += backend_exit_bytes(bytes + len, sizeof(bytes) - len - 2);
	memcpy(bytes + len, "\r\n", 2);
	term_fatal_arm(&t->saved, bytes, len + 2);
}

/* Opens the back end; reports why it cannot be opened. */
static int term_open_backend(struct term *t, const char *name, struct err *e)
{
	const char *no_color = getenv("NO_COLOR");
	enum backend_status status = backend_open(&t->caps, !no_color || !*no_color, &t->like_xterm);
	char *clean, *why;

	if (status == BACKEND_OPEN)
		return 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
	clean = text_clean(name, strlen(name), false);
	why = xasprintf(status == BACKEND_NO_CURSOR ? "terminfo says that the terminal \"%s\" cannot place text"
						    : "terminfo has no entry for the terminal \"%s\"",
			clean);
	term_refuse(e, why, backend_similar_entry(name));
	free(why);
	free(clean);
	return -1;
}

struct term *term_open(struct err *e)
{
	const char *name = getenv("TERM");
	struct term *t;

	if (!term_is_there()) {
		term_refuse(e, "standard input and output are not both a terminal", NULL);
		return NULL;
	}
	if (!name || !*name || !strcmp(name, "dumb")) {
		AUTO_FREE char *why = xasprintf("TERM is %s", name && *name ? name : "not set");

		term_refuse(e, why, NULL);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	tcgetattr(STDIN_FILENO, &t->saved);
	unsetenv("LINES"); /* the terminal itself knows its size */
	unsetenv("COLUMNS");
	t->caps.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	term_find_background(&t->caps);
	if (term_open_backend(t, name, e) < 0) {
		free(t);
		return NULL;
	}
	term_input_init(&t->keys, t->caps.utf8, t->like_xterm, t->saved.c_cc[VERASE] == '\b' ? '\b' : 0x7f);
	term_request_reports(t);
	t->fd = term_open_again();
	t->inside = true;
	term_resize(t);
	term_arm_fatal(t);
	term_collect_stderr(t);
	return t;
}

void term_bell(struct term *t)
{
	if (t->inside)
		backend_bell();
}

/* The terminal keeps the old title (CSI 22 and 23 t of xterm). */
void term_title(struct term *t, const char *title)
{
	char *bytes;

	if (!t->like_xterm || !t->inside || (!title && !t->titled))
		return;
	bytes = title ? xasprintf("%s\033]2;%s\033\\", t->titled ? "" : "\033[22;2t", title) : xstrdup("\033[23;2t");
	t->titled = title != NULL;
	term_send(bytes);
	free(bytes);
}

void term_clip(struct term *t, const char *text, size_t n)
{
	AUTO_BUF struct buf b = {0};

	if (!t->like_xterm || !t->inside)
		return;
	buf_init(&b, 0);
	buf_adds(&b, "\033]52;c;");
	base64_encode(&b, text, n);
	buf_adds(&b, "\033\\");
	term_send(b.data);
}

/* Modes 1000, 1002 and 1003 of xterm; the latest holds, and none where one is switched off. */
void term_moves(struct term *t, enum term_moves moves)
{
	if (!t->like_xterm || !t->caps.mouse || !t->inside || t->moves == moves)
		return;
	if (t->moves != TERM_MOVES_NONE)
		term_send(t->moves == TERM_MOVES_ALL ? "\033[?1003l" : "\033[?1002l");
	term_send(moves == TERM_MOVES_NONE ? "\033[?1000h" : moves == TERM_MOVES_DRAG ? "\033[?1002h" : "\033[?1003h");
	t->moves = moves;
}

void term_leave(struct term *t)
{
	if (!t->inside)
		return;
	term_moves(t, TERM_MOVES_NONE);
	term_title(t, NULL);
	t->inside = false;
	if (t->like_xterm)
		term_send("\033[?2004l");
	if (t->like_xterm && t->caps.mouse)
		term_send("\033[?1000l\033[?1006l");
	backend_suspend();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
}

void term_enter(struct term *t)
{
	if (t->inside)
		return;
	t->inside = true;
	backend_resume();
	term_request_reports(t);
	term_resize(t);
	backend_show();
}

void term_close(struct term *t)
{
	if (!t)
		return;
	term_leave(t);
	term_fatal_disarm();
	backend_close();
	close(t->fd);
	term_print_stderr(t);
	term_input_fini(&t->keys);
	free(t);
}

int term_fd(const struct term *t)
{
	return t->fd;
}

const struct term_caps *term_caps(const struct term *t)
{
	return &t->caps;
}

void term_size(const struct term *t, int *rows, int *columns)
{
	(void)t;
	backend_size(rows, columns);
}

bool term_resize(struct term *t)
{
	struct winsize size;
	int rows, columns;

	term_size(t, &rows, &columns);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false; /* not known: the size of terminfo holds */
	if (size.ws_row > MAX_ROWS)
		size.ws_row = MAX_ROWS;
	if (size.ws_col > MAX_COLUMNS)
		size.ws_col = MAX_COLUMNS;
	if (rows == size.ws_row && columns == size.ws_col)
		return false;
	backend_resize(size.ws_row, size.ws_col, t->inside);
	return true;
}

bool term_key(struct term *t, struct key *k, bool bare)
{
	return t->inside && term_input_next(&t->keys, k, bare);
}

bool term_heard(struct term *t)
{
	return term_input_heard(&t->keys);
}

bool term_gone(const struct term *t)
{
	struct pollfd look = {.fd = STDIN_FILENO, .events = POLLIN};
	struct termios modes;

	(void)t;
	if (tcgetattr(STDIN_FILENO, &modes) < 0)
		return true;
	return poll(&look, 1, 0) > 0 && look.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* ---- painting ---- */

void term_erase(struct term *t)
{
	(void)t;
	backend_erase();
}

void term_repaint(struct term *t)
{
	(void)t;
	backend_repaint();
}

void term_put(struct term *t, int row, int column, const struct term_style *style, const char *text)
{
	(void)t;
	backend_put(row, column, style, text);
}

void term_fill(struct term *t, int row, int column, int columns, const struct term_style *style)
{
	(void)t;
	backend_fill(row, column, columns, style);
}

void term_restyle(struct term *t, int row, int column, int columns, const struct term_style *style)
{
	(void)t;
	backend_restyle(row, column, columns, style);
}

/* A terminal that knows synchronized output shows the picture when it is complete; others ignore the marks. */
void term_flush(struct term *t, int row, int column)
{
	if (!t->inside)
		return;
	if (t->like_xterm)
		term_send("\033[?2026h");
	backend_flush(row, column);
	if (t->like_xterm)
		term_send("\033[?2026l");
}
