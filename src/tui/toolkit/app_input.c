/* SPDX-License-Identifier: MIT */
/* app_input: where keys, clicks and the wheel go. */
#include <stdlib.h>

#include "tui/toolkit/app_priv.h"
#include "tui/toolkit/dialog.h"

#define EMPTY_MAX 50

static bool app_input_give(struct app *app, const struct key *k)
{
	return app->top && app->top->ops->key(app->top, k);
}

/* A click into the last line is the key that stands there. */
static bool app_input_click_keys(struct app *app, const struct key *k)
{
	struct key pressed = {0};
	int rows, columns;

	term_size(app->term, &rows, &columns);
	if (k->mouse != MOUSE_PRESS || k->row != rows - 1)
		return false;
	for (size_t i = 0; i < app->spot_count; i++) {
		if (k->column >= app->spots[i].left && k->column < app->spots[i].right && app->spots[i].code) {
			pressed.code = app->spots[i].code;
			app_key(app, &pressed);
		}
	}
	return true;
}

static void app_input_mouse(struct app *app, const struct key *k)
{
	struct key there = *k;
	struct key step = {.code = k->mouse == MOUSE_WHEEL_UP ? K_UP : K_DOWN};

	if (!app->top->ops->bare && app_input_click_keys(app, k))
		return;
	there.row -= app->top->top;
	there.column -= app->top->left;
	if (app_input_give(app, &there) || k->mouse == MOUSE_PRESS)
		return;
	for (int i = 0; i < 3; i++)
		app_input_give(app, &step);
}

static void app_input_help(struct app *app)
{
	char *text = app->top && app->top->ops->help ? app->top->ops->help(app->top) : NULL;

	if (text)
		dialog_text(app, "Help", text);
	free(text);
}

static void app_input_tell_no_stop(struct app *app)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_USAGE, "no-shell", "debwiz cannot be stopped here: no shell waits to continue it");
	err_hint(&e, "F10 leaves; running machines keep running");
	dialog_error(app, "Ctrl-Z", &e);
	err_fini(&e);
}

void app_key(struct app *app, const struct key *k)
{
	bool bare = app->top && app->top->ops->bare;
	struct key plain = *k;

	app_changed(app);
	if (!app->top)
		return;
	if (bare) {
		if (k->code == K_MOUSE)
			app_input_mouse(app, k);
		else
			app_input_give(app, k);
		return;
	}
	plain.alt = false;
	if (k->code == K_CTRL('q') || k->code == K_F(10)) {
		app_ask_leave(app);
	} else if (k->code == K_CTRL('z')) {
		if (!app_suspend(app))
			app_input_tell_no_stop(app);
	} else if (k->code == K_CTRL('l')) {
		app_redraw(app);
	} else if (k->code == K_CTRL('c') || k->code == K_CTRL('\\')) {
		app_ask_leave(app);
	} else if (app_too_small(app)) {
		return; /* nobody sees what the key would do */
	} else if (k->code == K_MOUSE) {
		app_input_mouse(app, k);
	} else if (!app_input_give(app, &plain) && (k->code == K_F(1) || k->code == '?')) {
		app_input_help(app);
	}
}

void app_input(struct app *app)
{
	struct key k;
	bool any;

	while (!app->ended && term_key(app->term, &k, app->top && app->top->ops->bare))
		app_key(app, &k);
	any = term_heard(app->term);
	app->empty = any ? 0 : app->empty + 1;
	if (!any && (term_gone(app->term) || app->empty > EMPTY_MAX))
		app_leave(app, ERR_INTERRUPTED);
}
