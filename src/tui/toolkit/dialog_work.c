/* SPDX-License-Identifier: MIT */
/* dialog_work: shows the progress of some work. */
#include <stdlib.h>

#include "base/mem.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/dialog.h"

#define LOOK_MS 100
#define COLUMNS 52

struct work_dialog {
	char *title, *text;
	const atomic_uint *permille;
	void (*cancel)(void *arg);
	void (*gone)(void *arg);
	void *arg;
	bool cancelled;
	struct loop_timer *timer;
};

static void dialog_work_measure(struct screen *s, int *rows, int *columns)
{
	const struct work_dialog *w = s->self;

	*columns = *columns < COLUMNS ? *columns : COLUMNS;
	*rows = w->permille ? 5 : 3;
}

static void dialog_work_paint(struct screen *s, const struct canvas *c)
{
	const struct work_dialog *w = s->self;
	unsigned done = w->permille ? atomic_load(w->permille) : 0;
	int bar = c->columns - 7;

	canvas_put(c, 1, 0, ROLE_WORK, canvas_glyph(c, GLYPH_WORKING));
	canvas_put_cut(c, 1, 2, c->columns - 2, ROLE_TEXT, w->cancelled ? "It is being stopped" : w->text);
	if (!w->permille)
		return;
	canvas_bar(c, 3, 0, bar, done / 1000.0);
	canvas_putf(c, 3, bar + 2, ROLE_TEXT, "%3u %%", done / 10);
}

static void dialog_work_lines(struct screen *s, struct screen_lines *out)
{
	const struct work_dialog *w = s->self;

	buf_adds(&out->title, w->title);
	if (w->cancel && !w->cancelled)
		screen_lines_key(out, "C", 'C', "cancel");
	screen_lines_key(out, "Esc", K_ESC, "close, work continues");
}

static bool dialog_work_key(struct screen *s, const struct key *k)
{
	struct work_dialog *w = s->self;

	if (k->code == 'C' && w->cancel && !w->cancelled) {
		w->cancelled = true;
		w->cancel(w->arg);
		return true;
	}
	if (k->code != K_ESC)
		return false;
	screen_pop(s);
	return true;
}

static void dialog_work_on_look(void *arg)
{
	struct screen *s = arg;

	app_changed(s->app);
}

static void dialog_work_close(struct screen *s)
{
	struct work_dialog *w = s->self;

	loop_timer_stop(w->timer);
	if (w->gone)
		w->gone(w->arg);
	free(w->title);
	free(w->text);
	free(w);
}

static const struct screen_ops work_ops = {
	.name = "work",
	.floating = true,
	.measure = dialog_work_measure,
	.paint = dialog_work_paint,
	.lines = dialog_work_lines,
	.key = dialog_work_key,
	.close = dialog_work_close,
};

struct screen *dialog_work(struct app *app, const struct dialog_working *how)
{
	struct work_dialog *w = xcalloc(1, sizeof(*w));
	struct screen *s;

	*w = (struct work_dialog){.title = xstrdup(how->title),
				  .text = xstrdup(how->text),
				  .permille = how->permille,
				  .cancel = how->cancel,
				  .gone = how->gone,
				  .arg = how->arg};
	s = screen_push(app, &work_ops, w);
	if (w->permille)
		w->timer = loop_timer_start(app_loop(app), LOOK_MS, LOOK_MS, dialog_work_on_look, s);
	return s;
}
