/* SPDX-License-Identifier: MIT */
/* canvas: paints clipped, harmless text on the terminal. */
#include "tui/toolkit/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tui/toolkit/width.h"

#define LABEL_MAX 16 /* columns of a label before its text */

static const struct {
	const char *utf8, *ascii;
} glyphs[GLYPH_COUNT] = {
	[GLYPH_RUNNING] = {"●", "*"},	[GLYPH_READY] = {"○", "o"},  [GLYPH_WORKING] = {"◐", "%"},
	[GLYPH_FAILED] = {"✗", "x"},	[GLYPH_PAUSED] = {"‖", "="}, [GLYPH_DONE] = {"✓", "+"},
	[GLYPH_WAITING] = {"·", "."},	[GLYPH_FOCUS] = {"▸", ">"},  [GLYPH_ELLIPSIS] = {"…", "~"},
	[GLYPH_DOT] = {"·", "-"},	[GLYPH_DASH] = {"–", "-"},   [GLYPH_MORE_UP] = {"↑", "^"},
	[GLYPH_MORE_DOWN] = {"↓", "v"}, [GLYPH_OPEN] = {"‹", "<"},   [GLYPH_CLOSE] = {"›", ">"},
	[GLYPH_RADIO_ON] = {"•", "*"},
};

const char *canvas_glyph(const struct canvas *c, enum glyph g)
{
	return c->caps->utf8 ? glyphs[g].utf8 : glyphs[g].ascii;
}

static void canvas_put_plain(const struct canvas *c, int row, int column, enum role role, const char *text)
{
	term_put(c->term, c->top + row, c->left + column, &c->theme->roles[role], text);
}

struct canvas canvas_sub(const struct canvas *c, int row, int column, int rows, int columns)
{
	struct canvas s = *c;

	if (rows > c->rows - row)
		rows = c->rows - row;
	if (columns > c->columns - column)
		columns = c->columns - column;
	s.top += row;
	s.left += column;
	s.rows = rows > 0 && row >= 0 ? rows : 0;
	s.columns = columns > 0 && column >= 0 ? columns : 0;
	return s;
}

void canvas_fill(const struct canvas *c, int row, int column, int columns, enum role role)
{
	if (column < 0) {
		columns += column;
		column = 0;
	}
	if (columns > c->columns - column)
		columns = c->columns - column;
	if (row < 0 || row >= c->rows || columns <= 0)
		return;
	term_fill(c->term, c->top + row, c->left + column, columns, &c->theme->roles[role]);
}

void canvas_clear(const struct canvas *c)
{
	for (int row = 0; row < c->rows; row++)
		canvas_fill(c, row, 0, c->columns, ROLE_TEXT);
}

void canvas_tint(const struct canvas *c, int row, int column, int columns, enum role role)
{
	if (columns > c->columns - column)
		columns = c->columns - column;
	if (row < 0 || row >= c->rows || column < 0 || columns <= 0)
		return;
	term_restyle(c->term, c->top + row, c->left + column, columns, &c->theme->roles[role]);
}

/* Makes a text paintable: harmless, one line, in the terminal's character set. Owned. */
static char *canvas_fit(const struct canvas *c, const char *text)
{
	char *clean = text_clean(text, strlen(text), false);
	char *ascii;

	if (c->caps->utf8)
		return clean;
	ascii = width_ascii(clean);
	free(clean);
	return ascii;
}

int canvas_width(const struct canvas *c, const char *text)
{
	AUTO_FREE char *clean = canvas_fit(c, text);
	int columns = width_of(clean);

	return columns;
}

int canvas_put_cut(const struct canvas *c, int row, int column, int width, enum role role, const char *text)
{
	int space = c->columns - column < width ? c->columns - column : width;
	bool cut;
	char *clean;
	size_t n;
	int columns;

	if (row < 0 || row >= c->rows || column < 0 || space <= 0)
		return 0;
	clean = canvas_fit(c, text);
	cut = width_of(clean) > space;
	n = width_cut(clean, cut ? space - 1 : space, &columns);
	clean[n] = '\0';
	canvas_put_plain(c, row, column, role, clean);
	if (cut)
		canvas_put_plain(c, row, column + columns++, role, canvas_glyph(c, GLYPH_ELLIPSIS));
	free(clean);
	return columns;
}

int canvas_put_clause(const struct canvas *c, int row, int column, int width, enum role role, const char *text)
{
	static const char *const ends[] = {"; ", ", ", ": "};
	AUTO_FREE char *part = xstrdup(text);
	size_t best = 0;
	int columns;

	for (size_t i = 0; i < ARRAY_SIZE(ends) && canvas_width(c, text) > width; i++) {
		for (const char *end = text; (end = strstr(end, ends[i])); end++) {
			size_t n = (size_t)(end - text);
			AUTO_FREE char *head = xstrndup(text, n);

			if (canvas_width(c, head) <= width && n > best)
				best = n;
		}
	}
	if (best)
		part[best] = '\0';
	else if (*part && part[strlen(part) - 1] == '.')
		part[strlen(part) - 1] = '\0'; /* a row is not a sentence */
	columns = canvas_put_cut(c, row, column, width, role, part);
	return columns;
}

int canvas_put(const struct canvas *c, int row, int column, enum role role, const char *text)
{
	return canvas_put_cut(c, row, column, c->columns, role, text);
}

int canvas_putf(const struct canvas *c, int row, int column, enum role role, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int columns;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	columns = canvas_put(c, row, column, role, text);
	free(text);
	return columns;
}

void canvas_put_right(const struct canvas *c, int row, int column, enum role role, const char *text)
{
	int width = canvas_width(c, text);

	if (width > column)
		width = column;
	canvas_put_cut(c, row, column - width, width, role, text);
}

/* Returns the column at which the rest of a wrapped line begins: below its text, which may follow a label and two
 * blanks or more ("Enter  opens it"), or be indented. */
static int canvas_hang_of(const char *text, int columns)
{
	size_t indent = strspn(text, " ");
	size_t end = strcspn(text, "\n");
	const char *gap = strstr(text + indent, "  ");
	size_t hang = indent;
	char *head;
	int width;

	if (gap && gap < text + end && gap - text - (ptrdiff_t)indent <= LABEL_MAX)
		hang = (size_t)(gap - text) + strspn(gap, " ");
	head = xstrndup(text, hang);
	width = width_of(head);
	free(head);
	return width <= columns / 3 ? width : 0;
}

void canvas_wrap_lines(const char *text, int columns, struct strv *out)
{
	AUTO_FREE char *clean = text_clean(text, strlen(text), true);
	const char *at = clean;
	int hang = 0, in = 0;
	size_t n;

	if (columns < 1)
		columns = 1;
	while (*at) {
		if (!in)
			hang = canvas_hang_of(at, columns);
		n = width_line(at, columns - in);
		strv_take(out, xasprintf("%*s%.*s", in, "", (int)n, at));
		at += n;
		in = hang;
		at += strspn(at, " ");
		if (*at == '\n') {
			at++;
			in = hang = 0;
		}
	}
}

int canvas_wrap(const struct canvas *c, int row, int column, int columns, int rows, enum role role, const char *text)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	int n;

	if (columns > c->columns - column)
		columns = c->columns - column;
	canvas_wrap_lines(text, columns, &lines);
	n = (int)lines.len;
	if (rows > 0 && n > rows) { /* the last line shows that there is more */
		char *rest = xasprintf("%s %s", lines.items[rows - 1], lines.items[rows]);

		free(lines.items[rows - 1]);
		lines.items[rows - 1] = rest;
		n = rows;
	}
	for (int i = 0; i < n; i++)
		canvas_put_cut(c, row + i, column, columns, role, lines.items[i]);
	return n;
}

void canvas_bar(const struct canvas *c, int row, int column, int columns, double share)
{
	int full = (int)(share * columns + 0.5);
	const char *on = c->caps->utf8 ? "█" : "#";
	const char *off = c->caps->utf8 ? "░" : ".";

	full = full < 0 ? 0 : full > columns ? columns : full;
	for (int i = 0; i < columns; i++)
		canvas_put_cut(c, row, column + i, 1, i < full ? ROLE_BAR : ROLE_BAR_REST, i < full ? on : off);
}

void canvas_rule(const struct canvas *c, int row, int column, int columns)
{
	for (int i = 0; i < columns; i++)
		canvas_put_cut(c, row, column + i, 1, ROLE_FRAME, c->caps->utf8 ? "─" : "-");
}

void canvas_frame(const struct canvas *c, const char *title)
{
	bool utf8 = c->caps->utf8;
	int right = c->columns - 1, bottom = c->rows - 1;

	canvas_rule(c, 0, 1, right - 1);
	canvas_rule(c, bottom, 1, right - 1);
	for (int row = 1; row < bottom; row++) {
		canvas_put_cut(c, row, 0, 1, ROLE_FRAME, utf8 ? "│" : "|");
		canvas_put_cut(c, row, right, 1, ROLE_FRAME, utf8 ? "│" : "|");
	}
	canvas_put_cut(c, 0, 0, 1, ROLE_FRAME, utf8 ? "╭" : "+");
	canvas_put_cut(c, 0, right, 1, ROLE_FRAME, utf8 ? "╮" : "+");
	canvas_put_cut(c, bottom, 0, 1, ROLE_FRAME, utf8 ? "╰" : "+");
	canvas_put_cut(c, bottom, right, 1, ROLE_FRAME, utf8 ? "╯" : "+");
	if (title && c->columns > 8) {
		AUTO_FREE char *spaced = xasprintf(" %s ", title);

		canvas_put_cut(c, 0, 2, c->columns - 4, ROLE_STRONG, spaced);
	}
}

void canvas_cell(const struct canvas *c, int row, int column, int columns, const char *text,
		 const struct term_style *style)
{
	char *ascii;

	if (row < 0 || row >= c->rows || column < 0 || column + columns > c->columns)
		return;
	ascii = c->caps->utf8 ? NULL : width_ascii(text);
	term_put(c->term, c->top + row, c->left + column, style, ascii ? ascii : text);
	free(ascii);
}
