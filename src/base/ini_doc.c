/* SPDX-License-Identifier: MIT */
/*
 * ini_doc: a document that keeps every line of an INI text. The reader (ini.c) decides what a line means, so that
 * both always agree.
 */
#include "base/ini.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

struct line {
	char *text;
	char *section; /* of a header or an entry, else NULL */
	char *key;     /* of an entry, else NULL */
	char *value;
	bool cr;   /* ends with CR LF */
	bool tail; /* the last line, which ends with CR without LF */
};

struct ini_doc {
	struct line *lines;
	size_t len;
	size_t size;
	bool ends; /* the last line ends with a newline */
	bool mark; /* the text begins with a byte order mark */
	bool cr;   /* new lines end with CR LF, as the first one does */
};

static void ini_doc_line_fini(struct line *l)
{
	free(l->text);
	free(l->section);
	free(l->key);
	free(l->value);
}

static struct line *ini_doc_insert(struct ini_doc *d, size_t at)
{
	if (d->len == d->size) {
		d->size = d->size ? d->size * 2 : 32;
		d->lines = xreallocarray(d->lines, d->size, sizeof(*d->lines));
	}
	memmove(d->lines + at + 1, d->lines + at, (d->len - at) * sizeof(*d->lines));
	d->len++;
	d->lines[at] = (struct line){.cr = d->cr};
	return &d->lines[at];
}

static void ini_doc_drop(struct ini_doc *d, size_t at)
{
	ini_doc_line_fini(&d->lines[at]);
	memmove(d->lines + at, d->lines + at + 1, (d->len - at - 1) * sizeof(*d->lines));
	d->len--;
}

struct ini_doc *ini_doc_new(void)
{
	struct ini_doc *d = xcalloc(1, sizeof(*d));

	d->ends = true;
	return d;
}

void ini_doc_free(struct ini_doc *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->len; i++)
		ini_doc_line_fini(&d->lines[i]);
	free(d->lines);
	free(d);
}

static int ini_doc_on_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
			    struct err *e)
{
	struct ini_doc *d = arg;
	struct line *l = &d->lines[line - 1];

	(void)e;
	l->section = xstrdup(section);
	l->key = xstrdup(key);
	l->value = xstrdup(value);
	return 0;
}

struct ini_doc *ini_doc_parse(const char *name, const char *text, size_t n, struct err *e)
{
	struct ini_doc *d = ini_doc_new();
	const char *p = text + ini_mark_len(text, n);
	const char *end = text + n;

	d->mark = p > text;
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((eol ? eol : end) - p);
		bool cr = len && p[len - 1] == '\r';
		struct line *l = ini_doc_insert(d, d->len);

		l->text = xstrndup(p, len - (cr ? 1 : 0));
		l->cr = cr;
		if (d->len == 1)
			d->cr = cr;
		if (*l->text == '[')
			l->section = xstrndup(l->text + 1, strcspn(l->text + 1, "]"));
		p += len + (eol ? 1 : 0);
		d->ends = eol != NULL;
		l->tail = cr && !eol;
		l->cr |= !eol && d->cr; /* in case a line is added after it */
	}
	if (ini_read(name, text, n, ini_doc_on_entry, d, e) < 0) {
		ini_doc_free(d);
		return NULL;
	}
	return d;
}

char *ini_doc_text(const struct ini_doc *d)
{
	struct buf b;

	buf_init(&b, 0);
	if (d->mark)
		buf_adds(&b, INI_MARK);
	for (size_t i = 0; i < d->len; i++) {
		bool last = i + 1 == d->len && !d->ends;

		buf_adds(&b, d->lines[i].text);
		if (last ? d->lines[i].tail : d->lines[i].cr)
			buf_addc(&b, '\r');
		if (!last)
			buf_addc(&b, '\n');
	}
	return buf_steal(&b);
}

static bool ini_doc_is_entry(const struct line *l, const char *section, const char *key)
{
	return l->key && !strcmp(l->key, key) && !strcmp(l->section, section);
}

unsigned ini_doc_line(const struct ini_doc *d, const char *section, const char *key, size_t index)
{
	for (size_t i = 0; i < d->len; i++)
		if (ini_doc_is_entry(&d->lines[i], section, key) && *d->lines[i].value && !index--)
			return (unsigned)(i + 1);
	return 0;
}

/* Returns the inline comment of an entry's line with the blanks before it, or "". */
static const char *ini_doc_inline_comment(const char *text)
{
	const char *p = strchr(text, '=');
	const char *blanks = NULL;

	for (p = p ? p + 1 : ""; *p; p++) {
		if (*p == ' ' || *p == '\t') {
			if (!blanks)
				blanks = p;
		} else if (*p == ';' && blanks) {
			return blanks;
		} else {
			blanks = NULL;
		}
	}
	return "";
}

static bool ini_doc_fits(const char *key, const char *value)
{
	return strlen(key) + 3 + strlen(value) <= INI_LINE_MAX;
}

/* Returns whether a reader would get exactly this value. */
static int ini_doc_check_value(const char *section, const char *key, const char *value, struct err *e)
{
	size_t n = strlen(value);
	const char *why = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			why = "holds a line end or another control character";
		else if (c == ';' && (!i || value[i - 1] == ' ' || value[i - 1] == '\t'))
			why = "holds a ; behind a blank or at its start, which begins a comment";
	}
	if (n && (strchr(" \t", value[0]) || strchr(" \t", value[n - 1])))
		why = "begins or ends with a blank, which would be lost";
	if (!ini_doc_fits(key, value))
		why = "is too long for a line of the file (at most 190 bytes with its key)";
	if (why)
		return err_set(e, ERR_USAGE, "ini-value", "%s.%s: the value cannot be written to an INI file: it %s",
			       section, key, why);
	return 0;
}

static void ini_doc_fill(struct line *l, const char *section, const char *key, const char *value, const char *comment)
{
	char *text = xasprintf("%s = %s%s", key, value, comment);

	ini_doc_line_fini(l);
	l->text = text;
	l->section = xstrdup(section);
	l->key = xstrdup(key);
	l->value = xstrdup(value);
}

/* Changes the value of the entry at `at` and keeps its comment; if the line gets too long for both, the comment
 * moves to a line of its own before it. Returns how many lines were added. */
static size_t ini_doc_replace(struct ini_doc *d, size_t at, const char *section, const char *key, const char *value)
{
	char *comment = xstrdup(ini_doc_inline_comment(d->lines[at].text));
	size_t added = 0;

	if (strlen(key) + 3 + strlen(value) + strlen(comment) > INI_LINE_MAX) {
		ini_doc_insert(d, at)->text = xstrdup(comment + strspn(comment, " \t"));
		*comment = '\0';
		added = 1;
	}
	ini_doc_fill(&d->lines[at + added], section, key, value, comment);
	free(comment);
	return added;
}

/* Returns where to insert a new entry of the section: after its last key, else after its header; a missing section
 * is appended. */
static size_t ini_doc_place(struct ini_doc *d, const char *section)
{
	size_t at = 0;

	for (size_t i = 0; i < d->len; i++)
		if (d->lines[i].section && !strcmp(d->lines[i].section, section))
			at = i + 1;
	if (at)
		return at;
	if (d->len && *d->lines[d->len - 1].text)
		ini_doc_insert(d, d->len)->text = xstrdup("");
	ini_doc_insert(d, d->len)->text = xasprintf("[%s]", section);
	d->lines[d->len - 1].section = xstrdup(section);
	return d->len;
}

/* The lines of one key, and which of the new values each of them already has. */
struct entries {
	size_t *at;   /* line; adjusted when lines are added or removed */
	size_t *kept; /* index of the value, NONE: none */
	size_t len;
};

#define NONE ((size_t)-1)

static void ini_doc_find_entries(const struct ini_doc *d, const char *section, const char *key,
				 const char *const *values, size_t count, struct entries *n)
{
	size_t from = 0;

	n->at = xreallocarray(NULL, d->len + 1, sizeof(*n->at));
	n->kept = xreallocarray(NULL, d->len + 1, sizeof(*n->kept));
	n->len = 0;
	for (size_t i = 0; i < d->len; i++) {
		size_t v = from;

		if (!ini_doc_is_entry(&d->lines[i], section, key))
			continue;
		while (v < count && strcmp(d->lines[i].value, values[v]))
			v++;
		n->at[n->len] = i;
		n->kept[n->len++] = v < count ? v : NONE;
		if (v < count)
			from = v + 1;
	}
}

static void ini_doc_shift(struct entries *n, size_t from, long by)
{
	for (; from < n->len; from++)
		n->at[from] += (size_t)by;
}

int ini_doc_set(struct ini_doc *d, const char *section, const char *key, const char *const *values, size_t count,
		struct err *e)
{
	struct entries n;
	size_t v = 0;
	size_t to; /* where another line is inserted */

	for (size_t i = 0; i < count; i++)
		if (ini_doc_check_value(section, key, values[i], e) < 0)
			return -1;
	ini_doc_find_entries(d, section, key, values, count, &n);
	to = n.len ? n.at[0] : count ? ini_doc_place(d, section) : 0;
	/* Between two lines that stay: the lines get the new values in turn; surplus lines are removed, surplus
	 * values are inserted. */
	for (size_t i = 0; i <= n.len; i++) {
		size_t next = i;
		size_t until;

		while (next < n.len && n.kept[next] == NONE)
			next++;
		until = next < n.len ? n.kept[next] : count;
		for (; i < next && v < until; i++, v++) {
			ini_doc_shift(&n, i, (long)ini_doc_replace(d, n.at[i], section, key, values[v]));
			to = n.at[i] + 1;
		}
		for (; i < next; i++) {
			ini_doc_drop(d, n.at[i]);
			ini_doc_shift(&n, i + 1, -1);
		}
		for (; v < until; v++) {
			ini_doc_fill(ini_doc_insert(d, to++), section, key, values[v], "");
			ini_doc_shift(&n, next, 1);
		}
		if (next < n.len)
			to = n.at[next] + 1;
		v = until + 1;
	}
	free(n.at);
	free(n.kept);
	return 0;
}

void ini_doc_comment(struct ini_doc *d, const char *text)
{
	AUTO_STRV struct strv lines = STRV_INIT;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.len; i++)
		ini_doc_insert(d, d->len)->text = xasprintf("; %s", lines.items[i]);
}
