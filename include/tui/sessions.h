/* SPDX-License-Identifier: MIT */
/* sessions: what this program does with machines, whatever screen is shown; and what it does that with. */
#ifndef TUI_SESSIONS_H
#define TUI_SESSIONS_H

#include "session/session.h"
#include "tui/toolkit/app.h"

struct sessions *app_sessions(const struct app *app);
/* The catalogue and the store of machines that this program was started with. */
const struct catalog *app_catalog(const struct app *app);
const struct store *app_store(const struct app *app);

#endif
