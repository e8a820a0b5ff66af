/* SPDX-License-Identifier: MIT */
/* wishes: see wishes.h. The strings are those of xterm's documents (ctlseqs). */
#include "wishes.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "console/console.h"

void wishes_init(struct wishes *w)
{
	*w = (struct wishes){0};
	buf_init(&w->osc, 0);
	buf_init(&w->clip, 0);
}

void wishes_fini(struct wishes *w)
{
	buf_fini(&w->osc);
	buf_fini(&w->clip);
	free(w->title);
}

void wishes_begin(struct wishes *w)
{
	buf_clear(&w->osc);
}

void wishes_add(struct wishes *w, char c)
{
	buf_addc(&w->osc, c); /* bounded by the guard */
}

static void wishes_on_title(struct wishes *w, const char *p, size_t n)
{
	free(w->title);
	w->title = text_clean(p, n < CONSOLE_TITLE ? n : CONSOLE_TITLE, false); /* never longer */
}

/* "SELECTION;BASE64": which selection does not matter. */
static void wishes_on_clip(struct wishes *w, const char *p, size_t n)
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

void wishes_end(struct wishes *w)
{
	const char *p = w->osc.data;
	size_t n = w->osc.len;

	if (n >= 2 && (!memcmp(p, "0;", 2) || !memcmp(p, "2;", 2)))
		wishes_on_title(w, p + 2, n - 2);
	else if (n >= 3 && !memcmp(p, "52;", 3))
		wishes_on_clip(w, p + 3, n - 3);
	buf_fini(&w->osc); /* a long one is not kept */
}
