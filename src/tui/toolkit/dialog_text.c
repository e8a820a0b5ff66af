/* SPDX-License-Identifier: MIT */
/* dialog_text: shows a text to read. */
#include <stdlib.h>

#include "base/mem.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/widget_viewer.h"

struct text_dialog {
	char *title;
	struct viewer viewer;
};

static void dialog_text_measure(struct screen *s, int *rows, int *columns)
{
	struct text_dialog *r = s->self;
	int lines;

	if (*columns > 76)
		*columns = 76;
	lines = viewer_lines(&r->viewer, *columns);
	if (lines + 2 < *rows)
		*rows = lines + 2;
}

static void dialog_text_paint(struct screen *s, const struct canvas *c)
{
	struct text_dialog *r = s->self;
	struct canvas part = canvas_sub(c, 1, 0, c->rows - 2, c->columns);

	viewer_paint(&r->viewer, &part);
}

static void dialog_text_lines(struct screen *s, struct screen_lines *out)
{
	struct text_dialog *r = s->self;

	buf_adds(&out->title, r->title);
	viewer_help(&r->viewer, out);
	if (!r->viewer.searching)
		screen_lines_key(out, "Esc", K_ESC, "close");
}

static bool dialog_text_key(struct screen *s, const struct key *k)
{
	struct text_dialog *r = s->self;

	if (viewer_key(&r->viewer, k))
		return true;
	if (k->code == K_ESC || k->code == K_ENTER || k->code == 'q' || k->code == K_F(1)) {
		screen_pop(s);
		return true;
	}
	return false;
}

static void dialog_text_cursor(struct screen *s, int *row, int *column)
{
	struct text_dialog *r = s->self;

	viewer_cursor(&r->viewer, row, column);
	if (*row >= 0)
		++*row;
}

static void dialog_text_close(struct screen *s)
{
	struct text_dialog *r = s->self;

	viewer_fini(&r->viewer);
	free(r->title);
	free(r);
}

static const struct screen_ops text_ops = {
	.name = "text",
	.floating = true,
	.measure = dialog_text_measure,
	.paint = dialog_text_paint,
	.cursor = dialog_text_cursor,
	.lines = dialog_text_lines,
	.key = dialog_text_key,
	.close = dialog_text_close,
};

struct screen *dialog_text(struct app *app, const char *title, const char *text)
{
	struct text_dialog *r = xcalloc(1, sizeof(*r));

	r->title = xstrdup(title);
	viewer_init(&r->viewer);
	viewer_set(&r->viewer, text);
	return screen_push(app, &text_ops, r);
}
