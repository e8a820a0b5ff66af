/* SPDX-License-Identifier: MIT */
/* term: opens, sizes and gives back the terminal; see include/tui/toolkit/term.h. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "term_entry.h"
#include "term_priv.h"

#define ESC_DELAY_MS 25
#define MAX_ROWS 1000
#define MAX_COLUMNS 2000
#define KEPT_MAX (64u << 10)

/* libuv makes what it waits on non-blocking, for all who share that opening of the terminal: the
 * shell, and our own output, which would then lose what does not fit. */
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

/* Standard error goes to a file without a name while the screen is ours. */
static void term_keep_stderr(struct term *t)
{
	FILE *file = tmpfile();

	t->old_stderr = t->kept_stderr = -1;
	if (!file)
		return;
	t->kept_stderr = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	fclose(file);
	t->old_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (t->kept_stderr >= 0 && t->old_stderr >= 0)
		dup2(t->kept_stderr, STDERR_FILENO);
	term_fatal_stderr(t->old_stderr, t->kept_stderr);
}

/* ... and comes out when it is not any more. */
static void term_tell_stderr(struct term *t)
{
	char *bytes, *clean;
	off_t end;
	ssize_t n;

	fflush(stderr);
	if (t->old_stderr >= 0) {
		dup2(t->old_stderr, STDERR_FILENO);
		close(t->old_stderr);
	}
	if (t->kept_stderr < 0)
		return;
	end = lseek(t->kept_stderr, 0, SEEK_END);
	if (end > 0) {
		bytes = xmalloc(KEPT_MAX);
		n = pread(t->kept_stderr, bytes, KEPT_MAX, end > KEPT_MAX ? end - KEPT_MAX : 0);
		clean = text_clean(bytes, n > 0 ? (size_t)n : 0, true);
		fputs(clean, stderr);
		free(clean);
		free(bytes);
	}
	close(t->kept_stderr);
}

/* "15;0", "0;default;15": the last is the ground's colour (rxvt(1), konsole) */
static void term_find_ground(struct term_caps *caps)
{
	const char *say = getenv("COLORFGBG");
	const char *bg = say ? strrchr(say, ';') : NULL;

	if (!bg)
		return;
	caps->light = !strcmp(bg, ";7") || !strcmp(bg, ";15");
	caps->dark = !caps->light && bg[1] >= '0' && bg[1] <= '8' && !bg[2];
}

static void term_find_caps(struct term *t)
{
	const char *no_color = getenv("NO_COLOR");

	t->caps.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	term_find_ground(&t->caps);
	if ((!no_color || !*no_color) && has_colors() && start_color() == OK) {
		use_default_colors();
		t->caps.colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
	}
	/* XT: it understands what xterm does, titles and paste marks among it (user_caps(5)), and
	 * passes over what it does not know: marks around a picture */
	t->like_xterm = tigetflag("XT") > 0 || !strncmp(termname(), "screen", 6) || !strncmp(termname(), "tmux", 4);
}

/* `try`: an entry of terminfo that may do in place of TERM, or NULL. */
static int term_refuse(struct err *e, const char *why, const char *try)
{
	char *first = try ? xasprintf("try `TERM=%s debwiz`, or install the entry (ncurses-term); ", try) : xstrdup("");
	int r;

	err_set(e, ERR_USAGE, "no-terminal", "no full screen here: %s", why);
	r = err_hint(e,
		     "%s`debwiz new --plain` asks the same questions line by line; `debwiz --help` "
		     "lists what can be done by command",
		     first);
	free(first);
	return r;
}

static void term_modes(struct term *t)
{
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	if (t->like_xterm)
		term_send("\033[?2004h");
	if (t->like_xterm && t->caps.mouse) /* one by one: some read but the first of what curses sends */
		term_send("\033[?1006h\033[?1000h");
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
		char *why = xasprintf("TERM is %s", name && *name ? name : "not set");

		term_refuse(e, why, NULL);
		free(why);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	tcgetattr(STDIN_FILENO, &t->saved);
	unsetenv("LINES"); /* the terminal itself knows its size */
	unsetenv("COLUMNS");
	t->screen = newterm(NULL, stdout, stdin);
	if (!t->screen || !tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		char *clean = text_clean(name, strlen(name), false);
		char *why = xasprintf(t->screen ? "terminfo says that the terminal \"%s\" cannot place text"
						: "terminfo has no entry for the terminal \"%s\"",
				      clean);

		if (t->screen) {
			endwin();
			delscreen(t->screen);
		}
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
		term_refuse(e, why, term_entry_instead(name));
		free(why);
		free(clean);
		free(t);
		return NULL;
	}
	buf_init(&t->paste, 0);
	set_escdelay(ESC_DELAY_MS);
	typeahead(-1);
	term_find_caps(t);
	t->caps.mouse = mousemask(ALL_MOUSE_EVENTS, NULL) != 0;
	mouseinterval(0);
	term_modes(t);
	curs_set(0);
	term_key_init(t);
	t->input = term_open_again();
	t->inside = true;
	term_resize(t);
	term_fatal_arm(t);
	term_keep_stderr(t);
	return t;
}

void term_bell(struct term *t)
{
	if (t->inside)
		beep();
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
	struct buf b;

	if (!t->like_xterm || !t->inside)
		return;
	buf_init(&b, 0);
	buf_adds(&b, "\033]52;c;");
	base64_encode(&b, text, n);
	buf_adds(&b, "\033\\");
	term_send(b.data);
	buf_fini(&b);
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
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
}

void term_enter(struct term *t)
{
	if (t->inside)
		return;
	t->inside = true;
	reset_prog_mode();
	term_modes(t);
	clearok(curscr, TRUE);
	term_resize(t);
	doupdate(); /* on the alternate screen first: some keep the cursor's state with the other
		       one */
	curs_set(0);
}

void term_close(struct term *t)
{
	if (!t)
		return;
	term_leave(t);
	term_fatal_disarm();
	delscreen(t->screen);
	close(t->input);
	term_tell_stderr(t);
	buf_fini(&t->paste);
	free(t);
}

int term_input(const struct term *t)
{
	return t->input;
}

const struct term_caps *term_caps(const struct term *t)
{
	return &t->caps;
}

void term_size(const struct term *t, int *rows, int *columns)
{
	(void)t;
	getmaxyx(stdscr, *rows, *columns);
}

/* The terminal's scrolling region is all its rows. curses trusts that a resize sees to that, and some
 * terminals (those by libvterm) keep the one that they were told while they had other rows: beyond it
 * they insert, delete and scroll nothing. */
static void term_whole_region(int rows)
{
	const char *csr = tigetstr("csr");

	if (csr && csr != (const char *)-1) {
		putp(tiparm(csr, 0, rows - 1));
		fflush(stdout);
	}
}

bool term_resize(struct term *t)
{
	struct winsize size;
	int rows, columns;

	term_size(t, &rows, &columns);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false; /* it does not say: what terminfo says holds */
	if (size.ws_row > MAX_ROWS)
		size.ws_row = MAX_ROWS;
	if (size.ws_col > MAX_COLUMNS)
		size.ws_col = MAX_COLUMNS;
	if (rows == size.ws_row && columns == size.ws_col)
		return false;
	resizeterm(size.ws_row, size.ws_col);
	if (t->inside) /* else the terminal is another program's, and term_enter sees to it */
		term_whole_region(size.ws_row);
	return true;
}

/* A terminal that knows synchronized output shows the picture when it is whole; the others pass over
 * the marks. */
void term_flush(struct term *t, int row, int column)
{
	if (!t->inside)
		return;
	if (t->like_xterm)
		term_send("\033[?2026h");
	curs_set(row >= 0);
	if (row >= 0)
		wmove(stdscr, row, column);
	wnoutrefresh(stdscr);
	doupdate();
	if (t->like_xterm)
		term_send("\033[?2026l");
}
