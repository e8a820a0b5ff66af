/* SPDX-License-Identifier: MIT */
/* screen_home: the saved machines. */
#include <stdlib.h>

#include "base/mem.h"
#include "tui/screens.h"

struct home {
	struct strv names;
	size_t at;
};

static void home_paint(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;

	if (!h->names.len)
		canvas_put(c, 2, 4, ROLE_TEXT, "No machine yet.");
	for (size_t i = 0; i < h->names.len; i++) {
		bool focus = i == h->at;

		canvas_put(c, 2 + (int)i, 2, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
		canvas_put(c, 2 + (int)i, 4, focus ? ROLE_FOCUS : ROLE_TEXT, h->names.items[i]);
	}
}

static void home_lines(struct screen *s, struct screen_lines *out)
{
	(void)s;
	buf_adds(&out->title, "machines");
	screen_lines_key(out, "q", 'q', "quit");
}

static bool home_key(struct screen *s, const struct key *k)
{
	struct home *h = s->self;

	if (k->code == 'q')
		app_ask_leave(s->app);
	else if (k->code == K_UP && h->at)
		h->at--;
	else if (k->code == K_DOWN && h->at + 1 < h->names.len)
		h->at++;
	else
		return false;
	return true;
}

static void home_close(struct screen *s)
{
	struct home *h = s->self;

	strv_fini(&h->names);
	free(h);
}

static const struct screen_ops home_ops = {
	.name = "home",
	.paint = home_paint,
	.lines = home_lines,
	.key = home_key,
	.close = home_close,
};

struct screen *screen_home(struct app *app)
{
	struct home *h = xcalloc(1, sizeof(*h));

	store_machines(app_store(app), &h->names);
	return screen_push(app, &home_ops, h);
}
