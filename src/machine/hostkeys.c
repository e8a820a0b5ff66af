/* SPDX-License-Identifier: MIT */
/* hostkeys: edits the text of a known_hosts file (include/machine/hostkeys.h). */
#include "machine/hostkeys.h"

#include <string.h>

#define TYPE_MAX 64
#define KEY_MAX 2048

static bool hostkeys_begins(const char *line, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n > len && !memcmp(line, word, len) && line[len] == ' ';
}

/* Removes the host's lines, or those of one type. */
static void hostkeys_drop(struct buf *text, const char *host, const char *type)
{
	struct buf kept;
	const char *p = text->data, *end = text->data + text->len;

	buf_init(&kept, 0);
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		size_t skip = strlen(host) + 1;

		if (n && !(hostkeys_begins(p, n, host) && (!type || hostkeys_begins(p + skip, n - skip, type)))) {
			buf_add(&kept, p, n);
			buf_addc(&kept, '\n');
		}
		p += n + 1;
	}
	buf_fini(text);
	*text = kept;
}

void hostkeys_forget(struct buf *text, const char *host)
{
	hostkeys_drop(text, host, NULL);
}

void hostkeys_rename(struct buf *text, const char *from, const char *to)
{
	struct buf out;
	const char *p = text->data, *end = text->data + text->len;

	buf_init(&out, 0);
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		size_t skip = hostkeys_begins(p, n, from) ? strlen(from) : 0;

		if (skip)
			buf_adds(&out, to);
		buf_add(&out, p + skip, n - skip);
		buf_addc(&out, '\n');
		p += n + 1;
	}
	buf_fini(text);
	*text = out;
}

static bool hostkeys_is_made_of(const char *s, const char *more, size_t max)
{
	size_t n = strlen(s);

	if (!n || n > max)
		return false;
	for (; *s; s++) {
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
		      strchr(more, *s)))
			return false;
	}
	return true;
}

bool hostkeys_set(struct buf *text, const char *host, const char *type, const char *key)
{
	if (!hostkeys_is_made_of(type, "-@.", TYPE_MAX) || !hostkeys_is_made_of(key, "+/=", KEY_MAX))
		return false;
	hostkeys_drop(text, host, type);
	buf_addf(text, "%s %s %s\n", host, type, key);
	return true;
}
