/* SPDX-License-Identifier: MIT */
/*
 * backend_vt: draws by control sequences of xterm and reads the characters and sequences that it sends, for a host
 * without terminfo (Windows; host/tty_win.c makes them of the console's input).
 */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cells.h"
#include "host/terminal.h"
#include "host/tty.h"

#define COLOURS 256
#define ENTER "\033[?1049h\033[0m\033[2J\033[?25l"
#define LEAVE "\033[0m\033[?25h\033[?1049l"
#define UNREAD_MAX 8

static struct cells *cells;
static int cursor_row, cursor_column; /* as the terminal has it; row < 0: hidden */
static struct {
	uint32_t characters[UNREAD_MAX]; /* read while looking for a mark of a paste, the next one last */
	int count;
} unread;

static void backend_vt_send(const char *bytes)
{
	tty_write(bytes, strlen(bytes));
}

bool backend_open(struct term_caps *caps, bool colour, bool *like_xterm, struct backend_refusal *out)
{
	unsigned rows = 24, columns = 80;

	if (!tty_raw()) {
		out->why = xstrdup("this console does not understand control sequences (Windows 10 1809 and later do)");
		return false;
	}
	host_terminal_size(1, &rows, &columns);
	*like_xterm = true;
	caps->mouse = true;
	caps->colours = colour ? COLOURS : 0;
	cells = cells_new((int)rows, (int)columns, caps->colours);
	unread.count = 0;
	cursor_row = -1;
	backend_vt_send(ENTER);
	return true;
}

void backend_close(void)
{
	cells_free(cells);
	cells = NULL;
}

void backend_suspend(void)
{
	backend_vt_send(LEAVE);
}

void backend_resume(void)
{
	tty_raw();
	backend_vt_send(ENTER);
	cursor_row = -1;
	cells_repaint(cells);
}

void backend_show(void)
{
	backend_flush(-1, 0);
}

size_t backend_exit_bytes(char *out, size_t size)
{
	size_t n = strlen(LEAVE) < size ? strlen(LEAVE) : size;

	memcpy(out, LEAVE, n);
	return n;
}

/* ---- size and painting ---- */

void backend_size(int *rows, int *columns)
{
	cells_size(cells, rows, columns);
}

/* What a terminal does with the old picture depends on the terminal. */
void backend_resize(int rows, int columns, bool visible)
{
	cells_resize(cells, rows, columns);
	if (visible)
		backend_vt_send("\033[0m\033[2J");
}

void backend_erase(void)
{
	cells_erase(cells);
}

void backend_repaint(void)
{
	cells_repaint(cells);
}

void backend_put(int row, int column, const struct term_style *style, const char *text)
{
	cells_put(cells, row, column, style, text);
}

void backend_fill(int row, int column, int columns, const struct term_style *style)
{
	cells_fill(cells, row, column, columns, style);
}

void backend_restyle(int row, int column, int columns, const struct term_style *style)
{
	cells_restyle(cells, row, column, columns, style);
}

void backend_flush(int row, int column)
{
	AUTO_BUF struct buf changes = {0}, out = {0};

	buf_init(&changes, 0);
	cells_flush(cells, &changes);
	if (!changes.len && row == cursor_row && (row < 0 || column == cursor_column))
		return;
	buf_init(&out, 0);
	if (cursor_row >= 0)
		buf_adds(&out, "\033[?25l");
	buf_add(&out, changes.data, changes.len);
	if (row >= 0)
		buf_addf(&out, "\033[%d;%dH\033[?25h", row + 1, column + 1);
	tty_write(out.data, out.len);
	cursor_row = row;
	cursor_column = column;
}

void backend_bell(void)
{
	backend_vt_send("\a");
}

/* ---- keys ---- */

static bool backend_vt_next(uint32_t *c)
{
	if (!unread.count)
		return tty_read(c);
	*c = unread.characters[--unread.count];
	return true;
}

/* Reads the rest of a mark of a paste, behind its Esc; BACKEND_NONE: it is none, and nothing was read. */
static enum backend_event_kind backend_vt_read_mark(void)
{
	static const char begin[] = "[200~", end[] = "[201~";
	uint32_t got[sizeof(begin)];
	size_t n = 0;
	bool fits = true;

	while (n < sizeof(begin) - 1 && fits && backend_vt_next(&got[n])) {
		fits = got[n] == (uint32_t)begin[n] || got[n] == (uint32_t)end[n];
		n++;
	}
	if (n == sizeof(begin) - 1 && fits)
		return got[3] == (uint32_t)begin[3] ? BACKEND_PASTE_BEGIN : BACKEND_PASTE_END;
	while (n)
		unread.characters[unread.count++] = got[--n];
	return BACKEND_NONE;
}

struct backend_event backend_read(void)
{
	enum backend_event_kind mark;
	uint32_t c;

	if (!backend_vt_next(&c))
		return (struct backend_event){.kind = BACKEND_NONE};
	mark = c == '\033' ? backend_vt_read_mark() : BACKEND_NONE;
	if (mark != BACKEND_NONE)
		return (struct backend_event){.kind = mark};
	return (struct backend_event){.kind = BACKEND_CHARACTER, .code = c};
}
