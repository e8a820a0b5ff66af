/* SPDX-License-Identifier: MIT */
/*
 * confirm: asks before something that cannot be undone; if a guest's data is lost, twice: the second time the user
 * types the machine's name.
 */
#ifndef TUI_TOOLKIT_CONFIRM_H
#define TUI_TOOLKIT_CONFIRM_H

#include <stdbool.h>

#include "tui/toolkit/app.h"

struct confirm {
	const char *title, *text;		/* what is lost; may have several lines */
	const char *button;			/* "Delete it" */
	const char *name;			/* that the user must type; NULL: asked once */
	void (*answer)(bool agreed, void *arg); /* called once */
	void *arg;
};

/* Texts are copied. */
void confirm_ask(struct app *app, const struct confirm *c);

#endif
