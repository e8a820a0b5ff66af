/* SPDX-License-Identifier: MIT */
/*
 * change_dialog: clone, rename, delete and recreate a machine, by dialogs: what is lost is reported first, and
 * confirmed twice if a guest wrote it.
 */
#ifndef TUI_CHANGE_DIALOG_H
#define TUI_CHANGE_DIALOG_H

#include "machine/change.h"
#include "tui/toolkit/app.h"

/* Starts a change of the machine with a dialog; after it the uppermost screen is refreshed. */
void change_dialog_ask(struct app *app, enum change_kind kind, const char *name);
/* The same by the change's key on the screens (C, N, D, X); false: not such a key. */
bool change_dialog_key(struct app *app, uint32_t code, const char *name);

#endif
