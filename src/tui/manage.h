/* SPDX-License-Identifier: MIT */
/*
 * manage: clone, rename, delete and recreate a machine, by dialogs: what is lost is told first, and
 * asked twice where a guest wrote it.
 */
#ifndef TUI_MANAGE_H
#define TUI_MANAGE_H

#include "machine/change.h"
#include "tui/toolkit/app.h"

/* Begins; everything that follows is a dialog. When it is done every screen looks again. */
void manage_ask(struct app *app, enum change_kind kind, const char *name);

#endif
