/* SPDX-License-Identifier: MIT */
/* screen: the stack of screens; see include/tui/toolkit/screen.h. */
#include "tui/toolkit/screen.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tui/toolkit/app_priv.h"

void screen_lines_key(struct screen_lines *l, const char *label, uint32_t code, const char *word)
{
	if (l->key_count < SCREEN_KEYS)
		l->keys[l->key_count++] = (struct screen_key){label, code, word};
}

static void screen_told_shown(struct app *app)
{
	app_changed(app);
	if (!app->top)
		return;
	term_report_screen(app->top->ops->name);
	if (app->top->ops->shown)
		app->top->ops->shown(app->top);
}

struct screen *screen_push(struct app *app, const struct screen_ops *ops, void *self)
{
	struct screen *s = xcalloc(1, sizeof(*s));

	s->ops = ops;
	s->self = self;
	s->app = app;
	s->below = app->top;
	app->top = s;
	screen_told_shown(app);
	return s;
}

void screen_pop(struct screen *s)
{
	struct app *app = s->app;
	struct screen *on_stack = app->top;
	struct screen **end = &app->removed;
	bool last = false;

	while (*end)
		end = &(*end)->below;
	while (on_stack && on_stack != s)
		on_stack = on_stack->below;
	if (!on_stack)
		return; /* it was taken off before */
	while (!last) {
		struct screen *top = app->top;

		last = top == s;
		app->top = top->below;
		top->below = NULL;
		*end = top; /* closed from the uppermost down: a dialog before what it is about */
		end = &top->below;
	}
	screen_told_shown(app);
}

bool screen_is_top(const struct screen *s)
{
	return s->app->top == s;
}
