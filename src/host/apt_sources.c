/* SPDX-License-Identifier: MIT */
/* apt_sources: reads the archives of an apt configuration. */
#include "apt_sources.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"

#define SOURCES_MAX (1024 * 1024)

struct found {
	struct strv archive, other, security;
};

static bool apt_sources_ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n >= t && !strcmp(s + n - t, tail);
}

static void apt_sources_add_once(struct strv *v, const char *s)
{
	if (!strv_has(v, s))
		strv_add(v, s);
}

static void apt_sources_add(struct found *f, const char *uri, const char *suite)
{
	const char *host = strstr(uri, "://");
	char *plain;

	if ((strncmp(uri, "http://", 7) != 0 && strncmp(uri, "https://", 8) != 0) ||
	    memchr(host + 3, '@', strcspn(host + 3, "/")))
		return;
	plain = xstrdup(uri);
	for (size_t n = strlen(plain); n && plain[n - 1] == '/'; n--)
		plain[n - 1] = '\0';
	if (apt_sources_ends_with(suite, "-security") || apt_sources_ends_with(suite, "/updates") ||
	    apt_sources_ends_with(plain, "debian-security"))
		apt_sources_add_once(&f->security, plain);
	else if (apt_sources_ends_with(plain, "/debian"))
		apt_sources_add_once(&f->archive, plain);
	else
		apt_sources_add_once(&f->other, plain);
	free(plain);
}

/* deb [ option=value ... ] URI SUITE COMPONENT... */
static void apt_sources_read_line(struct found *f, char *line)
{
	AUTO_STRV struct strv words = STRV_INIT;
	char *open, *close;

	line[strcspn(line, "#")] = '\0';
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close)
		memset(open, ' ', (size_t)(close - open) + 1);
	strv_split(&words, line, " \t\r");
	if (words.len >= 3 && !strcmp(words.items[0], "deb"))
		apt_sources_add(f, words.items[1], words.items[2]);
}

static void apt_sources_each_line(char *text, void (*fn)(struct found *f, char *line), struct found *f)
{
	while (text) {
		char *end = strchr(text, '\n');

		if (end)
			*end = '\0';
		fn(f, text);
		text = end ? end + 1 : NULL;
	}
}

/* Returns the value of a stanza's field with its continuation lines, or NULL; the caller frees it. */
static char *apt_sources_field(const char *stanza, const char *name)
{
	size_t n = strlen(name);
	struct buf value;
	bool in = false, seen = false;

	buf_init(&value, 0);
	for (const char *p = stanza; *p;) {
		size_t len = strcspn(p, "\n");

		if (*p == '#') {
			; /* comments are allowed between continuation lines */
		} else if (*p == ' ' || *p == '\t') {
			if (in)
				buf_add(&value, p, len);
		} else {
			in = len > n && !strncasecmp(p, name, n) && p[n] == ':';
			seen = seen || in;
			if (in)
				buf_add(&value, p + n + 1, len - n - 1);
		}
		p += len + (p[len] == '\n');
	}
	if (!seen) {
		buf_fini(&value);
		return NULL;
	}
	return buf_steal(&value);
}

static void apt_sources_split_field(const char *stanza, const char *name, struct strv *out)
{
	AUTO_FREE char *value = apt_sources_field(stanza, name);

	if (value)
		strv_split(out, value, " \t\r\n");
}

static void apt_sources_read_stanza(struct found *f, const char *stanza)
{
	struct strv types = STRV_INIT, uris = STRV_INIT, suites = STRV_INIT, enabled = STRV_INIT;

	apt_sources_split_field(stanza, "Types", &types);
	apt_sources_split_field(stanza, "URIs", &uris);
	apt_sources_split_field(stanza, "Suites", &suites);
	apt_sources_split_field(stanza, "Enabled", &enabled);
	if (strv_has(&types, "deb") && !strv_has(&enabled, "no") && !strv_has(&enabled, "false")) {
		for (size_t i = 0; i < uris.len; i++) {
			for (size_t k = 0; k < suites.len; k++)
				apt_sources_add(f, uris.items[i], suites.items[k]);
		}
	}
	strv_fini(&types);
	strv_fini(&uris);
	strv_fini(&suites);
	strv_fini(&enabled);
}

/* Stanzas are separated by empty or blank lines. */
static void apt_sources_read_deb822(struct found *f, const char *text)
{
	struct buf stanza;

	buf_init(&stanza, 0);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");

		if (strspn(p, " \t\r") >= len) {
			apt_sources_read_stanza(f, stanza.data);
			buf_clear(&stanza);
		} else {
			buf_add(&stanza, p, len);
			buf_addc(&stanza, '\n');
		}
		p += len + (p[len] == '\n');
	}
	apt_sources_read_stanza(f, stanza.data);
	buf_fini(&stanza);
}

static void apt_sources_read_file(struct found *f, const char *path)
{
	struct buf text;

	if (file_read(path, SOURCES_MAX, &text, NULL) < 0)
		return;
	if (apt_sources_ends_with(path, ".sources"))
		apt_sources_read_deb822(f, text.data);
	else
		apt_sources_each_line(text.data, apt_sources_read_line, f);
	buf_fini(&text);
}

static void apt_sources_list_parts(const char *dir, struct strv *out)
{
	char *parts = file_join(dir, "sources.list.d");
	DIR *d = opendir(parts);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (apt_sources_ends_with(entry->d_name, ".list") || apt_sources_ends_with(entry->d_name, ".sources"))
			strv_take(out, file_join(parts, entry->d_name));
	}
	if (d)
		closedir(d);
	strv_sort(out); /* "sources.list" sorts before "sources.list.d/" */
	free(parts);
}

void apt_sources_read(const char *dir, struct strv *archive, struct strv *security)
{
	struct found f = {0};
	AUTO_STRV struct strv files = STRV_INIT;

	strv_take(&files, file_join(dir, "sources.list"));
	apt_sources_list_parts(dir, &files);
	for (size_t i = 0; i < files.len; i++)
		apt_sources_read_file(&f, files.items[i]);
	for (size_t i = 0; i < f.archive.len; i++)
		apt_sources_add_once(archive, f.archive.items[i]);
	for (size_t i = 0; i < f.other.len; i++)
		apt_sources_add_once(archive, f.other.items[i]);
	for (size_t i = 0; i < f.security.len; i++)
		apt_sources_add_once(security, f.security.items[i]);
	strv_fini(&f.archive);
	strv_fini(&f.other);
	strv_fini(&f.security);
}
