/* SPDX-License-Identifier: MIT */
/* osc_requests: compares the counters of each update with the last one. */
#include "osc_requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "tui/toolkit/term.h"

#define BELL_MS 500 /* from one to the next */

struct osc_requests {
	struct pane *pane;
	struct settings_guest allowed;
	struct console_modes seen; /* in the last update */
	bool has_seen;
	uint64_t rang; /* loop_now of the last bell that was passed on */
	char *title;   /* that the terminal has got; NULL: none */
};

struct osc_requests *osc_requests_new(struct pane *p, const struct settings_guest *allowed)
{
	struct osc_requests *r = xcalloc(1, sizeof(*r));

	r->pane = p;
	r->allowed = *allowed;
	return r;
}

static void osc_requests_on_clip(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;
	const json_t *text = json_object_get(answer, "text");
	char bytes[SIZE_TEXT];

	if (e || !json_is_string(text))
		return;
	term_clip(app_term(pane_app(p)), json_string_value(text), json_string_length(text));
	pane_say(p, ROLE_GOOD, "The guest put %s on the clipboard",
		 count_human(json_string_length(text), "byte", bytes));
}

static void osc_requests_set_title(struct osc_requests *r, const char *title)
{
	AUTO_FREE char *whole = NULL;

	if (!strcmp(r->title ? r->title : "", title))
		return;
	free(r->title);
	r->title = xstrdup(title);
	whole = xasprintf("%s: %s", pane_name(r->pane), title);
	term_title(app_term(pane_app(r->pane)), whole);
}

static void osc_requests_ring(struct osc_requests *r)
{
	struct app *app = pane_app(r->pane);
	uint64_t now = loop_now(app_loop(app));

	if (now - r->rang < BELL_MS)
		return;
	r->rang = now;
	term_bell(app_term(app));
}

void osc_requests_grant(struct osc_requests *r)
{
	const struct view *v = attach_view(pane_attach(r->pane));
	struct console_modes was = r->seen;

	if (!v->rows)
		return;
	r->seen = v->modes;
	if (r->allowed.title)
		osc_requests_set_title(r, v->title);
	if (!r->has_seen) {
		r->has_seen = true;
		return;
	}
	if (r->allowed.bell && v->modes.bells != was.bells)
		osc_requests_ring(r);
	if (r->allowed.clipboard && v->modes.clips != was.clips)
		attach_clip(pane_attach(r->pane), osc_requests_on_clip, r->pane);
}

void osc_requests_free(struct osc_requests *r)
{
	if (r->title)
		term_title(app_term(pane_app(r->pane)), NULL);
	free(r->title);
	free(r);
}
