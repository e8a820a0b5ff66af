/* SPDX-License-Identifier: MIT */
/* widget_text: edits a line of text; a character moves with what combines with it. */
#include "tui/toolkit/widget_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "tui/toolkit/width.h"

void text_field_init(struct text_field *f, size_t max)
{
	*f = (struct text_field){.text = xstrdup(""), .max = max};
}

void text_field_fini(struct text_field *f)
{
	if (f->secret && f->text)
		mem_wipe(f->text, f->len);
	free(f->text);
	*f = (struct text_field){.text = NULL};
}

void text_field_set(struct text_field *f, const char *text)
{
	if (f->secret)
		mem_wipe(f->text, f->len);
	free(f->text);
	f->text = text_clean(text, strlen(text), false);
	f->len = f->at = strlen(f->text);
	f->fresh = f->len > 0;
}

static size_t widget_text_before(const struct text_field *f, size_t at)
{
	size_t last = 0, i = 0, n;
	int columns;

	while (i < at && (n = width_next(f->text + i, &columns))) {
		last = i;
		i += n;
	}
	return last;
}

static size_t widget_text_behind(const struct text_field *f, size_t at)
{
	int columns;

	return at + width_next(f->text + at, &columns);
}

static size_t widget_text_word_before(const struct text_field *f)
{
	size_t at = f->at;

	while (at && f->text[at - 1] == ' ')
		at--;
	while (at && f->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t widget_text_word_behind(const struct text_field *f)
{
	size_t at = f->at;

	while (at < f->len && f->text[at] == ' ')
		at++;
	while (at < f->len && f->text[at] != ' ')
		at++;
	return at;
}

static void widget_text_cut(struct text_field *f, size_t from, size_t to)
{
	memmove(f->text + from, f->text + to, f->len - to + 1);
	f->len -= to - from;
	f->at = from;
}

static void widget_text_insert(struct text_field *f, const char *s, size_t n)
{
	char *more;

	if (f->fresh)
		widget_text_cut(f, 0, f->len);
	if (f->len + n > f->max)
		return;
	more = xmalloc(f->len + n + 1);
	memcpy(more, f->text, f->at);
	memcpy(more + f->at, s, n);
	memcpy(more + f->at + n, f->text + f->at, f->len - f->at + 1);
	if (f->secret)
		mem_wipe(f->text, f->len);
	free(f->text);
	f->text = more;
	f->len += n;
	f->at += n;
}

static void widget_text_insert_character(struct text_field *f, uint32_t c)
{
	char utf8[5];
	size_t n = 0;

	if (c < 0x80) {
		utf8[n++] = (char)c;
	} else if (c < 0x800) {
		utf8[n++] = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			utf8[n++] = (char)(0xe0 | c >> 12);
		} else {
			utf8[n++] = (char)(0xf0 | c >> 18);
			utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		}
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	widget_text_insert(f, utf8, n);
}

/* Inserts the first line of a paste, made harmless. */
static void widget_text_paste(struct text_field *f, const char *text)
{
	AUTO_FREE char *clean = text_clean(text, strcspn(text, "\n"), false);

	if (f->len + strlen(clean) > f->max && f->max > f->len)
		clean[width_cut(clean, (int)(f->max - f->len), NULL)] = '\0';
	widget_text_insert(f, clean, strlen(clean));
}

bool text_field_key(struct text_field *f, const struct key *k)
{
	bool edits = true;

	switch (k->code) {
	case K_LEFT:
		f->at = widget_text_before(f, f->at);
		break;
	case K_RIGHT:
		f->at = widget_text_behind(f, f->at);
		break;
	case K_WORD_LEFT:
		f->at = widget_text_word_before(f);
		break;
	case K_WORD_RIGHT:
		f->at = widget_text_word_behind(f);
		break;
	case K_HOME:
	case K_CTRL('a'):
		f->at = 0;
		break;
	case K_END:
	case K_CTRL('e'):
		f->at = f->len;
		break;
	case K_BACKSPACE:
		widget_text_cut(f, widget_text_before(f, f->at), f->at);
		break;
	case K_DELETE:
	case K_CTRL('d'):
		widget_text_cut(f, f->at, widget_text_behind(f, f->at));
		break;
	case K_CTRL('w'):
		widget_text_cut(f, widget_text_word_before(f), f->at);
		break;
	case K_CTRL('u'):
		widget_text_cut(f, 0, f->at);
		break;
	case K_CTRL('k'):
		widget_text_cut(f, f->at, f->len);
		break;
	case K_PASTE:
		widget_text_paste(f, k->text);
		break;
	default:
		edits = key_is_text(k);
		if (edits)
			widget_text_insert_character(f, k->code);
		break;
	}
	if (edits)
		f->fresh = false;
	return edits;
}

/* Returns the byte from which on the text is painted, so that the cursor is in sight. */
static size_t widget_text_first_seen(const struct text_field *f, int columns)
{
	size_t first = 0;
	int ahead, step;

	for (;;) {
		AUTO_FREE char *part = xstrndup(f->text + first, f->at - first);

		ahead = width_of(part);
		if (ahead < columns)
			return first;
		first += width_next(f->text + first, &step);
	}
}

int text_field_paint(const struct text_field *f, const struct canvas *c, int row, int column, int columns, bool focus,
		     enum role role)
{
	size_t first = widget_text_first_seen(f, columns);
	char *shown = xstrdup(f->text + first);
	AUTO_FREE char *part = xstrndup(f->text + first, f->at - first);
	int cursor = f->secret ? 0 : width_of(part);

	if (f->secret) {
		struct buf dots;

		buf_init(&dots, 0);
		for (size_t i = first; i < f->len; i = widget_text_behind(f, i)) {
			buf_addc(&dots, '*');
			cursor += i < f->at;
		}
		mem_wipe(shown, strlen(shown));
		free(shown);
		shown = buf_steal(&dots);
	}
	shown[width_cut(shown, columns, NULL)] = '\0';
	canvas_fill(c, row, column, columns, focus ? ROLE_FOCUS : ROLE_FIELD);
	canvas_put_cut(c, row, column, columns, focus ? ROLE_FOCUS : role, shown);
	if (!focus)
		canvas_tint(c, row, column, columns, ROLE_FIELD);
	free(shown);
	return column + cursor;
}

void text_field_click(struct text_field *f, int columns, int offset)
{
	size_t first = widget_text_first_seen(f, columns);

	f->at = first + width_cut(f->text + first, offset, NULL);
	f->fresh = false;
}
