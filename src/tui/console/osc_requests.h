/* SPDX-License-Identifier: MIT */
/*
 * osc_requests: what the guest may do to the user's terminal beside its cells: ring its bell, set its title, put a text
 * on its clipboard. Each is granted only if debwiz.ini allows it, and none is ever answered. Requests from before this
 * console was opened do not count, except the title.
 */
#ifndef TUI_CONSOLE_OSC_REQUESTS_H
#define TUI_CONSOLE_OSC_REQUESTS_H

#include "pane.h"
#include "tui/toolkit/settings.h"

struct osc_requests;

struct osc_requests *osc_requests_new(struct pane *p, const struct settings_guest *allowed);
/* Restores the terminal's title. */
void osc_requests_free(struct osc_requests *r);
/* Grants what an update of the screen has brought. */
void osc_requests_grant(struct osc_requests *r);

#endif
