/* SPDX-License-Identifier: MIT */
/* term: opens, sizes and gives back the terminal; what drawing and keys need of a library is in backend.c. */
#include "tui/toolkit/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "base/base64.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "host/terminal.h"
#include "host/tty.h"
#include "term_fatal.h"
#include "term_input.h"

#define MAX_ROWS 1000
#define MAX_COLUMNS 2000
#define STDERR_MAX (64u << 10) /* bytes of collected standard error that are shown */

struct term {
	struct term_caps caps;
	struct term_input keys;
	bool like_xterm;       /* the terminal understands xterm's sequences: paste marks, titles, ... */
	enum term_moves moves; /* that it reports */
	bool titled;	       /* its window has a title of ours */
	bool inside;	       /* the terminal is ours now, not another program's */
	int original_stderr, collected_stderr;
};

bool term_is_there(void)
{
	return tty_is_there();
}

/* Sends a control string that the back end does not know of. */
static void term_send(const char *bytes)
{
	tty_write(bytes, strlen(bytes));
}

/* Sends standard error to a file without a name until the terminal is given back. */
static void term_collect_stderr(struct term *t)
{
	FILE *file = tmpfile();

	t->original_stderr = t->collected_stderr = -1;
	if (!file)
		return;
	t->collected_stderr = file_dup(fileno(file), 3);
	fclose(file);
	t->original_stderr = file_dup(STDERR_FILENO, 3);
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
		n = file_read_at(t->collected_stderr, bytes, STDERR_MAX,
				 end > STDERR_MAX ? (uint64_t)end - STDERR_MAX : 0);
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

/* `try`: a value of TERM that may do in place of the current one, or NULL. */
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
	term_fatal_arm(bytes, len + 2);
}

/* Opens the back end; reports why it cannot be opened. */
static int term_open_backend(struct term *t, struct err *e)
{
	const char *no_color = getenv("NO_COLOR");
	struct backend_refusal refusal = {.why = NULL};

	if (backend_open(&t->caps, !no_color || !*no_color, &t->like_xterm, &refusal))
		return 0;
	term_refuse(e, refusal.why, refusal.similar);
	free(refusal.why);
	return -1;
}

struct term *term_open(struct err *e)
{
	struct term *t;

	if (!term_is_there()) {
		term_refuse(e, "standard input and output are not both a terminal", NULL);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	tty_open();
	unsetenv("LINES"); /* the terminal itself knows its size */
	unsetenv("COLUMNS");
	t->caps.utf8 = host_locale_is_utf8();
	term_find_background(&t->caps);
	if (term_open_backend(t, e) < 0) {
		free(t);
		return NULL;
	}
	term_input_init(&t->keys, t->caps.utf8, t->like_xterm, (uint32_t)tty_erase());
	term_request_reports(t);
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
	tty_restore();
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
	term_print_stderr(t);
	term_input_fini(&t->keys);
	free(t);
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
	unsigned new_rows, new_columns;
	int rows, columns;

	term_size(t, &rows, &columns);
	if (!host_terminal_size(STDOUT_FILENO, &new_rows, &new_columns) || !new_rows || !new_columns)
		return false; /* not known: the size of terminfo holds */
	if (new_rows > MAX_ROWS)
		new_rows = MAX_ROWS;
	if (new_columns > MAX_COLUMNS)
		new_columns = MAX_COLUMNS;
	if (rows == (int)new_rows && columns == (int)new_columns)
		return false;
	backend_resize((int)new_rows, (int)new_columns, t->inside);
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
