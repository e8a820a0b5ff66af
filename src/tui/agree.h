/* SPDX-License-Identifier: MIT */
/* agree: asks about a file that can run programs or expose this host, before anything of it runs. */
#ifndef TUI_AGREE_H
#define TUI_AGREE_H

#include "tui/screens.h"

/* After the error RISK_ERROR, which is emptied: shows what the file would run or expose; if the user agrees to
 * what was shown, the work starts and screen_progress shows it. Returns the dialog, or NULL with e if the file
 * can no longer be read. */
struct screen *agree_ask(struct app *app, const char *ref, enum progress_goal goal, struct err *e);

#endif
