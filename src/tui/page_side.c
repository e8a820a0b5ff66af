/* SPDX-License-Identifier: MIT */
/* page_side: paints the INI file as it would be written, and on very wide terminals QEMU's command line. */
#include "page_side.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FROM 100
#define FROM_COMMAND 132
#define LEFT_MOST 84 /* columns that the questions take at most */

int page_side_width(int columns)
{
	int left = columns < FROM_COMMAND ? 62 + (columns - FROM) * 3 / 4 : columns / 2;

	return columns < FROM ? 0 : columns - (left < LEFT_MOST ? left : LEFT_MOST);
}

static void page_side_paint_ini(struct wizard *w, const struct canvas *c, const struct wizard_question *q)
{
	unsigned first = 0, count = 0;
	AUTO_FREE char *text = wizard_ini(w, q, &first, &count, NULL);
	AUTO_STRV struct strv lines = STRV_INIT;
	const char *at = text ? text : "";
	int from = 0;

	while (*at) {
		size_t n = strcspn(at, "\n");

		strv_take(&lines, xstrndup(at, n));
		at += n + (at[n] == '\n');
	}
	if (count && (int)first > c->rows - 2)
		from = (int)first - c->rows / 2;
	for (int i = 0; lines.items && i < c->rows && from + i < (int)lines.len; i++) {
		bool marked = count && from + i + 1 >= (int)first && from + i + 1 < (int)(first + count);
		const char *line = lines.items[from + i];

		if (*line == ';') /* the rest of a long remark is in the file */
			canvas_put_clause(c, i, 0, c->columns, ROLE_DIM, line);
		else
			canvas_put(c, i, 0, marked ? ROLE_MARK : *line == '[' ? ROLE_TEXT : ROLE_DIM, line);
	}
}

static void page_side_paint_command(struct wizard *w, const struct canvas *c)
{
	struct choice_list l = wizard_command(w);
	int row = 0;

	if (!l.len && l.note)
		canvas_wrap(c, 0, 0, c->columns, 3, ROLE_DIM, l.note);
	for (size_t i = 0; i < l.len && row < c->rows; i++)
		row += canvas_wrap(c, row, 0, c->columns, c->rows - row, ROLE_DIM, l.rows[i].value);
}

void page_side_paint(struct wizard *w, const struct canvas *c, const struct wizard_question *q)
{
	int half = c->rows;
	const char *name = strrchr(wizard_path(w), '/');
	struct canvas part;

	for (int row = 0; row < c->rows; row++)
		canvas_put(c, row, 0, ROLE_FRAME, c->caps->utf8 ? "│" : "|");
	if (c->columns >= page_side_width(FROM_COMMAND) - 1)
		half = c->rows / 2;
	canvas_put(c, 0, 2, ROLE_HEADING, name ? name + 1 : wizard_path(w));
	part = canvas_sub(c, 2, 2, half - 2, c->columns - 2);
	page_side_paint_ini(w, &part, q);
	if (half == c->rows)
		return;
	canvas_put(c, half + 1, 2, ROLE_HEADING, "QEMU");
	part = canvas_sub(c, half + 3, 2, c->rows - half - 3, c->columns - 2);
	page_side_paint_command(w, &part);
}
