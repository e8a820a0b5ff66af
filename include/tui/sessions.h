/* SPDX-License-Identifier: MIT */
/* sessions: what this program does with machines, whatever screen is shown. */
#ifndef TUI_SESSIONS_H
#define TUI_SESSIONS_H

#include "session/session.h"
#include "tui/toolkit/app.h"

struct sessions *app_sessions(const struct app *app);

#endif
