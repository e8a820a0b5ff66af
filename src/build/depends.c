/* SPDX-License-Identifier: MIT */
/* depends: reads build dependencies for one architecture and a set of build profiles. */
#include "build/depends.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLANK " \t\r\n"

static bool depends_is(const char *word, size_t n, const char *text)
{
	return strlen(text) == n && !memcmp(word, text, n);
}

/* Whether the architecture is meant: its name, "any", "linux-any" or "any-ARCH" (Policy 11.1). */
static bool depends_arch_is(const char *word, size_t n, const char *arch)
{
	return depends_is(word, n, arch) || depends_is(word, n, "any") || depends_is(word, n, "linux-any") ||
	       (n > 4 && !memcmp(word, "any-", 4) && depends_is(word + 4, n - 4, arch));
}

/* "[a b]" names those for which it applies, "[!a !b]" those for which it does not. */
static bool depends_arch_applies(const char *p, size_t n, const char *arch)
{
	bool negated = false, named = false;

	for (const char *end = p + n; p < end;) {
		size_t len = strcspn(p, BLANK "]");

		if (len && *p == '!') {
			negated = true;
			named |= depends_arch_is(p + 1, len - 1, arch);
		} else if (len) {
			named |= depends_arch_is(p, len, arch);
		}
		p += len ? len : 1;
	}
	return named != negated;
}

/* All terms of "<a !b>" hold. */
static bool depends_profiles_hold(const char *p, size_t n, const struct strv *profiles)
{
	bool hold = true;

	for (const char *end = p + n; p < end;) {
		size_t len = strcspn(p, BLANK ">");
		bool negated = len && *p == '!';
		char *name = xstrndup(p + negated, len - negated);

		if (len)
			hold = hold && strv_has(profiles, name) != negated;
		free(name);
		p += len ? len : 1;
	}
	return hold;
}

/* One alternative, taken apart. */
struct relation {
	const char *name, *version; /* version: what the parentheses hold */
	size_t name_len, version_len;
	bool applies;
};

static size_t depends_enclosed(const char *p, const char *end, const char *close)
{
	const char *at = memchr(p, *close, (size_t)(end - p));

	return at ? (size_t)(at - p) : 0;
}

/* False where it is not of the form. */
static bool depends_relation(const char *p, const char *end, const char *arch, const struct strv *profiles,
			     struct relation *r)
{
	bool restricted = false, holds = false;

	*r = (struct relation){.applies = true};
	p += strspn(p, BLANK);
	r->name = p;
	r->name_len = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
	p += r->name_len;
	if (*p == ':')
		p += 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");
	for (;;) {
		char open;
		size_t n;

		p += strspn(p, BLANK);
		if (p >= end)
			break;
		open = *p++;
		n = depends_enclosed(p, end, open == '(' ? ")" : open == '[' ? "]" : ">");
		if (!strchr("([<", open) || !n)
			return false;
		if (open == '(') {
			r->version = p;
			r->version_len = n;
		} else if (open == '[') {
			r->applies = r->applies && depends_arch_applies(p, n, arch);
		} else {
			restricted = true;
			holds = holds || depends_profiles_hold(p, n, profiles);
		}
		p += n + 1;
	}
	r->applies = r->applies && (!restricted || holds);
	return r->name_len > 0;
}

/* "(>=1)", "(>> 1)", "(= 1)": OP and VERSION with one blank between. */
static bool depends_version_ok(const struct relation *r, size_t *op, const char **version, size_t *len)
{
	const char *end = r->version + r->version_len;
	const char *p = r->version + strspn(r->version, BLANK);

	*op = strspn(p, "<>=");
	*version = p + *op + strspn(p + *op, BLANK);
	while (end > *version && strchr(BLANK, end[-1]))
		end--;
	*len = end > *version ? (size_t)(end - *version) : 0;
	return *op > 0 && *op <= 2 && *len > 0 && !memchr(*version, ' ', *len);
}

static bool depends_add(const struct relation *r, struct strv *out)
{
	const char *version;
	size_t op, len;

	if (!r->version) {
		strv_take(out, xstrndup(r->name, r->name_len));
		return true;
	}
	if (!depends_version_ok(r, &op, &version, &len))
		return false;
	strv_addf(out, "%.*s (%.*s %.*s)", (int)r->name_len, r->name, (int)op, r->version + strspn(r->version, BLANK),
		  (int)len, version);
	return true;
}

/* The alternatives between p and end. */
static bool depends_group(const char *p, const char *end, const char *arch, const struct strv *profiles,
			  struct strv *out)
{
	bool found = false;

	for (;;) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		struct relation r;

		if (!depends_relation(p, bar ? bar : end, arch, profiles, &r))
			return false;
		if (r.applies && !found && !depends_add(&r, out))
			return false;
		found = found || r.applies;
		if (!bar)
			return true;
		p = bar + 1;
	}
}

int depends_parse(const char *text, const char *arch, const struct strv *profiles, struct strv *out, struct err *e)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ",");
		const char *end = p + n;

		p += strspn(p, BLANK);
		while (end > p && strchr(BLANK, end[-1]))
			end--;
		if (p < end && !depends_group(p, end, arch, profiles, out))
			return err_set(e, ERR_USAGE, "dependency-bad", "\"%.*s\" is not a dependency", (int)(end - p),
				       p);
		p = end + strcspn(end, ",");
		p += *p == ',';
	}
	return 0;
}
