/* SPDX-License-Identifier: MIT */
/*
 * confirm: asks before something is done that cannot be undone; where a guest's data goes, twice:
 * the second time the machine's name is to be typed.
 */
#ifndef TUI_TOOLKIT_CONFIRM_H
#define TUI_TOOLKIT_CONFIRM_H

#include <stdbool.h>

#include "tui/toolkit/app.h"

struct confirm {
	const char *title, *text;		/* what is lost; may have several lines */
	const char *button;			/* "Delete it" */
	const char *name;			/* to be typed, or NULL: asked once */
	void (*answer)(bool agreed, void *arg); /* once */
	void *arg;
};

/* Texts are copied. */
void confirm_ask(struct app *app, const struct confirm *c);

#endif
