/* SPDX-License-Identifier: MIT */
/*
 * console_wishes: what the guest may do to the person's terminal beside its cells: ring its bell, give
 * it a title, put a text on its clipboard. Each is granted only where debwiz.ini allows it, and none
 * is ever answered. What was before we looked does not count, but for the title.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pane.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/term.h"

#define BELL_MS 500 /* from one to the next */

static void osc_requests_on_clip(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;
	const json_t *text = json_object_get(answer, "text");

	if (e || !json_is_string(text))
		return;
	term_clip(app_term(p->screen->app), json_string_value(text), json_string_length(text));
	pane_say(p, ROLE_GOOD, "The guest put %zu bytes on the clipboard", json_string_length(text));
}

static void osc_requests_grant_title(struct pane *p, const char *title)
{
	char *whole;

	if (!strcmp(p->title ? p->title : "", title))
		return;
	free(p->title);
	p->title = xstrdup(title);
	whole = xasprintf("%s: %s", p->name, title);
	term_title(app_term(p->screen->app), whole);
	free(whole);
}

static void osc_requests_grant_bell(struct pane *p)
{
	uint64_t now = loop_now(app_loop(p->screen->app));

	if (now - p->rang < BELL_MS)
		return;
	p->rang = now;
	term_bell(app_term(p->screen->app));
}

void pane_wishes(struct pane *p)
{
	const struct view *v = attach_view(p->attach);
	struct console_modes was = p->seen;

	if (!v->rows)
		return;
	p->seen = v->modes;
	if (p->may.title)
		osc_requests_grant_title(p, v->title);
	if (!p->has_seen) {
		p->has_seen = true;
		return;
	}
	if (p->may.bell && v->modes.bells != was.bells)
		osc_requests_grant_bell(p);
	if (p->may.clipboard && v->modes.clips != was.clips)
		attach_clip(p->attach, osc_requests_on_clip, p);
}

void pane_wishes_end(struct pane *p)
{
	if (p->title)
		term_title(app_term(p->screen->app), NULL);
	free(p->title);
	p->title = NULL;
}
