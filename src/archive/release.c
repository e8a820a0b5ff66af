/* SPDX-License-Identifier: MIT */
/* release: parses Release files and checks their dates. Reads only memory. */
#include "release.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/size.h"

#define CLOCK_SLACK 600 /* seconds that a host's clock may be slow */

static char *release_value_of(const char *line, size_t n, const char *field)
{
	size_t len = strlen(field);

	if (n <= len || strncasecmp(line, field, len) || line[len] != ':')
		return NULL;
	line += len + 1;
	n -= len + 1;
	while (n && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	return xstrndup(line, n);
}

static bool release_take_text(const char *line, size_t n, const char *field, char **out)
{
	char *v = release_value_of(line, n, field);

	if (!v)
		return false;
	free(*out);
	*out = v;
	return true;
}

/* RFC 5322 dates in UTC; libcurl's parser does not depend on the locale, strptime does. */
static bool release_take_time(const char *line, size_t n, const char *field, time_t *out)
{
	char *v = release_value_of(line, n, field);

	if (!v)
		return false;
	*out = curl_getdate(v, NULL); /* Returns -1 if it is not a date. */
	free(v);
	return true;
}

static int release_take_file(const char *line, size_t n, struct release *r, size_t *size)
{
	AUTO_FREE char *copy = xstrndup(line, n);
	AUTO_STRV struct strv part = STRV_INIT;
	struct release_file f = {0};
	int result = -1;

	strv_split(&part, copy, " \t");
	if (part.len == 3 && hash_from_hex(part.items[0], f.sha256) &&
	    number_parse(part.items[1], 0, UINT64_C(1) << 40, &f.size, NULL) == 0) {
		if (r->len == *size) {
			*size = *size ? *size * 2 : 1024;
			r->files = xreallocarray(r->files, *size, sizeof(*r->files));
		}
		f.name = xstrdup(part.items[2]);
		r->files[r->len++] = f;
		result = 0;
	}
	return result;
}

static void release_take_field(const char *line, size_t n, struct release *r)
{
	char *v;

	if (release_take_text(line, n, "Origin", &r->origin) || release_take_text(line, n, "Label", &r->label) ||
	    release_take_text(line, n, "Suite", &r->suite) || release_take_text(line, n, "Codename", &r->codename) ||
	    release_take_text(line, n, "Version", &r->version) || release_take_time(line, n, "Date", &r->date) ||
	    release_take_time(line, n, "Valid-Until", &r->valid_until))
		return;
	v = release_value_of(line, n, "Acquire-By-Hash");
	if (v)
		r->by_hash = !strcasecmp(v, "yes");
	free(v);
	v = release_value_of(line, n, "Architectures");
	if (v) {
		strv_fini(&r->architectures);
		strv_split(&r->architectures, v, " \t");
	}
	free(v);
}

static int release_by_name(const void *a, const void *b)
{
	return strcmp(((const struct release_file *)a)->name, ((const struct release_file *)b)->name);
}

static int release_bad(struct release *r, struct err *e, const char *id, const char *text)
{
	release_fini(r);
	err_set(e, ERR_VERIFY, id, "%s", text);
	return err_hint(e, "try again later or name another mirror");
}

int release_parse(const char *text, size_t n, struct release *out, struct err *e)
{
	const char *end = text + n;
	struct release r = {0};
	bool in_files = false;
	size_t size = 0;

	r.origin = xstrdup("");
	r.label = xstrdup("");
	r.suite = xstrdup("");
	r.codename = xstrdup("");
	r.version = xstrdup("");
	for (const char *line = text; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((nl ? nl : end) - line);

		if (!len) {
			if (line + 1 < end) /* a Release file is a single stanza */
				return release_bad(&r, e, "release-syntax",
						   "the release file has more than one stanza");
		} else if (*line == ' ' || *line == '\t') {
			if (in_files && release_take_file(line, len, &r, &size) < 0)
				return release_bad(&r, e, "release-syntax",
						   "the release file has a damaged list of files");
		} else if (!memchr(line, ':', len)) {
			return release_bad(&r, e, "release-syntax", "the release file is not in deb822 form");
		} else {
			in_files = len >= 7 && !strncasecmp(line, "SHA256:", 7);
			release_take_field(line, len, &r);
		}
		line += len + 1;
	}
	if (r.date < 0 || r.valid_until < 0)
		return release_bad(&r, e, "release-syntax", "the release file has a date that is none");
	if (!r.len)
		return release_bad(&r, e, "release-files", "the release file lists no files by SHA-256");
	mem_sort(r.files, r.len, sizeof(*r.files), release_by_name);
	*out = r;
	return 0;
}

void release_fini(struct release *r)
{
	free(r->origin);
	free(r->label);
	free(r->suite);
	free(r->codename);
	free(r->version);
	strv_fini(&r->architectures);
	for (size_t i = 0; i < r->len; i++)
		free(r->files[i].name);
	free(r->files);
	*r = (struct release){0};
}

const struct release_file *release_find(const struct release *r, const char *name)
{
	struct release_file key = {.name = (char *)name};

	return r->len ? bsearch(&key, r->files, r->len, sizeof(*r->files), release_by_name) : NULL;
}

const char *release_time(time_t t, char out[RELEASE_TIME])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, RELEASE_TIME, "%Y-%m-%d %H:%M UTC", &tm))
		memcpy(out, "?", 2);
	return out;
}

int release_check(const struct release *r, const struct release_want *want, struct strv *warnings, struct err *e)
{
	char stated[RELEASE_TIME];
	char here[RELEASE_TIME];

	if (strcmp(r->codename, want->suite) && strcmp(r->suite, want->suite)) {
		err_set(e, ERR_VERIFY, "release-suite", "the release file is that of %s (%s), not of %s",
			*r->codename ? r->codename : "an unnamed release", r->suite, want->suite);
		return err_hint(e, "name another mirror");
	}
	if (want->arch && !strv_has(&r->architectures, want->arch)) {
		err_set(e, ERR_VERIFY, "release-arch", "%s has no packages for %s", want->suite, want->arch);
		return err_hint(e, "`debwiz releases` shows what each release has");
	}
	release_time(want->now, here);
	if (!want->old && r->valid_until && r->valid_until < want->now) {
		err_set(e, ERR_VERIFY, "release-expired",
			"the release file of %s was valid until %s; this host's clock says %s", want->suite,
			release_time(r->valid_until, stated), here);
		return err_hint(e, "set the clock if it is wrong; else the mirror is out of date: "
				   "name another");
	}
	if (r->date > want->now + CLOCK_SLACK) {
		err_set(e, ERR_VERIFY, "release-future",
			"the release file of %s is dated %s; this host's clock says %s", want->suite,
			release_time(r->date, stated), here);
		return err_hint(e, "set this host's clock");
	}
	if (!r->date)
		strv_addf(warnings,
			  "the release file of %s has no date: it may be older than it should be "
			  "(this host's clock says %s)",
			  want->suite, here);
	return 0;
}

int release_version_cmp(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long x = 0;
		unsigned long y = 0;

		while (isdigit((unsigned char)*a))
			x = x * 10 + (unsigned long)(*a++ - '0');
		while (isdigit((unsigned char)*b))
			y = y * 10 + (unsigned long)(*b++ - '0');
		if (x != y)
			return x < y ? -1 : 1;
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (*a)
			a++, b++;
	}
	return 0;
}
