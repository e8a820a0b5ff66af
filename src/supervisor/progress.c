/* SPDX-License-Identifier: MIT */
/* progress: parses the lines of the progress port (progress.h). */
#include "progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "machine/sanitize.h"

void progress_init(struct progress_reader *r)
{
	*r = (struct progress_reader){0};
	buf_init(&r->line, PROGRESS_LINE_MAX);
}

void progress_fini(struct progress_reader *r)
{
	buf_fini(&r->line);
}

static bool progress_is_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool letter = p[i] >= 'a' && p[i] <= 'z';
		bool more = (p[i] >= '0' && p[i] <= '9') || p[i] == '-' || p[i] == '_';

		if (!letter && (!i || !more))
			return false;
	}
	return n > 0;
}

/* A value must not hold what has to be escaped. */
static bool progress_is_escaped(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] <= 0x20)
			return false;
	}
	return true;
}

static bool progress_parse_pair(const char *p, size_t n, json_t *values)
{
	const char *equals = memchr(p, '=', n);
	AUTO_FREE char *key = NULL, *value = NULL, *text = NULL;
	bool ok;

	if (!equals || !progress_is_word(p, (size_t)(equals - p)) || !progress_is_escaped(p, n))
		return false;
	key = xstrndup(p, (size_t)(equals - p));
	value = text_percent_decode(equals + 1, n - (size_t)(equals - p) - 1);
	ok = value && !json_object_get(values, key);
	if (ok) {
		text = vm_sanitize(value, strlen(value), PROGRESS_LINE_MAX);
		json_object_set_new(values, key, json_string(text));
	}
	return ok;
}

json_t *progress_parse(const char *p, size_t n, char **state)
{
	const char *end = p + n, *word, *next;
	json_t *values;

	if (n < 3 || p[0] != '1' || p[1] != ' ')
		return NULL;
	word = p + 2;
	next = memchr(word, ' ', (size_t)(end - word));
	if (!progress_is_word(word, (size_t)((next ? next : end) - word)))
		return NULL;
	values = json_object();
	*state = xstrndup(word, (size_t)((next ? next : end) - word));
	while (next) {
		word = next + 1;
		next = memchr(word, ' ', (size_t)(end - word));
		if (!progress_parse_pair(word, (size_t)((next ? next : end) - word), values)) {
			json_decref(values);
			free(*state);
			*state = NULL;
			return NULL;
		}
	}
	return values;
}

static void progress_on_line(struct progress_reader *r, progress_fn fn, void *arg)
{
	size_t n = r->line.len;
	AUTO_FREE char *state = NULL;
	json_t *values;

	if (n && r->line.data[n - 1] == '\r')
		n--;
	values = progress_parse(r->line.data, n, &state);
	if (!values) {
		r->refused++;
		return;
	}
	fn(state, values, arg);
	json_decref(values);
}

void progress_feed(struct progress_reader *r, const char *p, size_t n, progress_fn fn, void *arg)
{
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;

		if (!r->skipping && buf_add(&r->line, p, len) < 0) {
			r->skipping = true;
			r->refused++;
		}
		if (!end)
			return;
		if (!r->skipping)
			progress_on_line(r, fn, arg);
		r->skipping = false;
		buf_clear(&r->line);
		p = end + 1;
		n -= len + 1;
	}
}
