/* SPDX-License-Identifier: MIT */
/* osc: reads OSC strings, as xterm's ctlseqs document describes them. */
#include "osc.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "console/console.h"

void osc_init(struct osc *w)
{
	*w = (struct osc){0};
	buf_init(&w->string, 0);
	buf_init(&w->clip, 0);
}

void osc_fini(struct osc *w)
{
	buf_fini(&w->string);
	buf_fini(&w->clip);
	free(w->title);
}

void osc_begin(struct osc *w)
{
	buf_clear(&w->string);
}

void osc_add(struct osc *w, char c)
{
	buf_addc(&w->string, c); /* limited by the input filter */
}

static void osc_on_title(struct osc *w, const char *p, size_t n)
{
	free(w->title);
	w->title = text_clean(p, n < CONSOLE_TITLE ? n : CONSOLE_TITLE, false); /* sanitizing adds no bytes */
}

/* Reads "SELECTION;BASE64"; all selections are the clipboard. */
static void osc_on_clip(struct osc *w, const char *p, size_t n)
{
	const char *at = memchr(p, ';', n);
	struct buf bytes;
	char *clean;

	if (!at || at + 1 == p + n)
		return;
	at++;
	buf_init(&bytes, 0);
	if (base64_decode(&bytes, at, n - (size_t)(at - p)) == 0 && bytes.len <= CONSOLE_CLIP) {
		clean = text_clean(bytes.data, bytes.len, true);
		buf_fini(&w->clip);
		buf_adds(&w->clip, clean);
		free(clean);
		w->clips++;
	}
	buf_fini(&bytes);
}

void osc_end(struct osc *w)
{
	const char *p = w->string.data;
	size_t n = w->string.len;

	if (n >= 2 && (!memcmp(p, "0;", 2) || !memcmp(p, "2;", 2)))
		osc_on_title(w, p + 2, n - 2);
	else if (n >= 3 && !memcmp(p, "52;", 3))
		osc_on_clip(w, p + 3, n - 3);
	buf_fini(&w->string); /* frees the memory of a long string */
}
