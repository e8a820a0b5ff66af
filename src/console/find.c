/* SPDX-License-Identifier: MIT */
/* find: searches line by line, in the text of each line's cells. */
#include "console/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "console/row.h"

struct find_search {
	struct console *c;
	const char *text;
	size_t len;
	bool fold;
	struct cell *cells; /* of one line */
	struct buf line;    /* its text … */
	int *col;	    /* … and the column of each of its bytes */
};

static char find_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool find_matches(const struct find_search *s, const char *p)
{
	for (size_t i = 0; i < s->len; i++) {
		if ((s->fold ? find_lower(p[i]) : p[i]) != s->text[i])
			return false;
	}
	return true;
}

/* Reads a line. Returns its width in cells. */
static int find_load(struct find_search *s, uint64_t line)
{
	struct history *h = console_history(s->c);
	const struct cell *cells = s->cells;
	int cols = CONSOLE_COLS_MAX;
	const char *p;
	size_t n, had;

	buf_clear(&s->line);
	if (line >= history_end(h)) {
		cells = console_row(s->c, (int)(line - history_end(h)));
		cols = console_cols(s->c);
	} else {
		p = history_line(h, line, &n);
		row_unpack(p, n, s->cells, cols);
		while (cols && !s->cells[cols - 1].chars[0])
			cols--;
	}
	for (int i = 0; i < cols; i++) {
		had = s->line.len;
		/* row_text would drop a trailing blank */
		if (cells[i].width != CELL_REST && (!cells[i].chars[0] || cells[i].chars[0] == ' '))
			buf_addc(&s->line, ' ');
		else
			row_text(&s->line, cells, i, i + 1);
		for (; had < s->line.len; had++)
			s->col[had] = i;
	}
	s->col[s->line.len] = cols;
	return cols;
}

/* Returns the first byte of the match in the line that is nearest to `col` in that direction, or -1. */
static long find_look(const struct find_search *s, bool back, int col)
{
	long best = -1;

	for (size_t i = 0; i + s->len <= s->line.len; i++) {
		if ((back && s->col[i] >= col) || (!back && s->col[i] < col) || !find_matches(s, s->line.data + i))
			continue;
		best = (long)i;
		if (!back)
			break;
	}
	return best;
}

bool console_find(struct console *c, const char *text, bool back, struct find_place *at)
{
	struct history *h = console_history(c);
	uint64_t first = history_first(h), end = history_end(h) + (uint64_t)console_rows(c);
	struct find_search s = {.c = c, .text = text, .len = strlen(text), .fold = true};
	uint64_t line = at->line < first ? first : at->line;
	int col = at->line < first ? 0 : at->col;
	long found = -1;

	if (!s.len || s.len > FIND_TEXT_MAX)
		return false;
	if (line >= end) {
		line = end - 1;
		col = CONSOLE_COLS_MAX;
	}
	for (size_t i = 0; i < s.len; i++)
		s.fold = s.fold && find_lower(text[i]) == text[i];
	buf_init(&s.line, 0);
	s.cells = xcalloc(CONSOLE_COLS_MAX, sizeof(*s.cells));
	s.col = xcalloc(CONSOLE_COLS_MAX * CELL_CHARS * 4 + 1, sizeof(*s.col));
	for (;;) {
		find_load(&s, line);
		found = find_look(&s, back, col);
		if (found >= 0 || (back ? line == first : line + 1 == end))
			break;
		line += back ? (uint64_t)-1 : 1;
		col = back ? CONSOLE_COLS_MAX + 1 : 0;
	}
	if (found >= 0) {
		at->line = line;
		at->col = s.col[found];
		at->cols = s.col[found + (long)s.len] - at->col;
	}
	free(s.col);
	free(s.cells);
	buf_fini(&s.line);
	return found >= 0;
}
