/* SPDX-License-Identifier: MIT */
/* sources: the guest's apt sources (sources.list(5)). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "image/seed.h"

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
#define HOST_IN_GUEST "10.0.2.2"

static void sources_add_lines(struct buf *b, const struct seed_archive *a, const char *url, const char *suite,
			      const char *components)
{
	static const char *const types[] = {"deb", "deb-src"};
	const char *option = a->undated ? "[check-valid-until=no] " : "";

	if (!*url || !*suite)
		return;
	for (size_t i = 0; i < 2; i++)
		buf_addf(b, "%s %s%s %s %s\n", types[i], option, url, suite, components);
}

static void sources_add_stanza(struct buf *b, const struct seed_archive *a, const char *url, const char *suite,
			       const char *more, const char *components)
{
	if (!*url || !*suite)
		return;
	buf_addf(b, "%sTypes: deb deb-src\nURIs: %s\nSuites: %s%s%s\nComponents: %s\n", b->len ? "\n" : "", url, suite,
		 *more ? " " : "", more, components);
	if (a->undated)
		buf_adds(b, "Check-Valid-Until: no\n");
	buf_adds(b, "Signed-By: " KEYRING "\n");
}

char *seed_sources(const struct seed_archive *a)
{
	AUTO_FREE char *components = strv_join(a->components, " ");
	struct buf b;

	buf_init(&b, 0);
	if (a->deb822) {
		sources_add_stanza(&b, a, a->mirror, a->release, a->updates_suite, components);
		sources_add_stanza(&b, a, a->security, a->security_suite, "", components);
	} else {
		sources_add_lines(&b, a, a->mirror, a->release, components);
		sources_add_lines(&b, a, a->mirror, a->updates_suite, components);
		sources_add_lines(&b, a, a->security, a->security_suite, components);
	}
	return buf_steal(&b);
}

/* localhost, *.localhost (RFC 6761), 127.0.0.0/8, ::1 */
static bool sources_is_loopback(const char *host, size_t n)
{
	static const char name[] = "localhost";
	size_t m = sizeof(name) - 1;

	if (n >= m && !strncasecmp(host + n - m, name, m) && (n == m || host[n - m - 1] == '.'))
		return true;
	return (n >= 4 && !strncmp(host, "127.", 4) && strspn(host, "0123456789.") >= n) ||
	       (n == 5 && !strncmp(host, "[::1]", 5));
}

/* The first `scheme` bytes are the scheme and "://". */
static char *sources_guest_url(const char *url, size_t scheme, const char *fallback)
{
	const char *authority = url + scheme;
	const char *rest, *host, *port;
	size_t n;

	rest = authority + strcspn(authority, "/?#");
	host = authority;
	for (const char *p = authority; p < rest; p++)
		if (*p == '@')
			host = p + 1;
	port = *host == '[' ? memchr(host, ']', (size_t)(rest - host)) : NULL;
	port = memchr(port ? port : host, ':', (size_t)(rest - (port ? port : host)));
	if (!port)
		port = rest;
	n = (size_t)(port - host);
	if (!n)
		return xstrdup(fallback);
	if (sources_is_loopback(host, n))
		return xasprintf("%.*s" HOST_IN_GUEST "%s", (int)scheme, url, port);
	return xasprintf("%.*s%s", (int)scheme, url, host);
}

char *seed_guest_url(const char *url, const char *fallback)
{
	size_t scheme = !strncasecmp(url, "http://", 7) ? 7 : !strncasecmp(url, "https://", 8) ? 8 : 0;

	return scheme ? sources_guest_url(url, scheme, fallback) : xstrdup(fallback);
}

char *seed_guest_proxy(const char *proxy)
{
	static const struct {
		const char *kind, *apt; /* as libcurl and apt do it */
	} kinds[] = {{"http://", "http://"},
		     {"https://", "https://"},
		     {"socks5h://", "socks5h://"},
		     {"socks5://", "socks5h://"}};
	const char *rest = strstr(proxy, "://");
	char *whole = NULL, *url;
	size_t n;

	if (strpbrk(proxy, " \t\r\n\"\\;")) /* nothing that apt's configuration could misread */
		return xstrdup("");
	if (!rest)
		whole = xasprintf("http://%s", proxy);
	for (size_t i = 0; rest && i < ARRAY_SIZE(kinds); i++)
		if (!strncasecmp(proxy, kinds[i].kind, strlen(kinds[i].kind)))
			whole = xasprintf("%s%s", kinds[i].apt, rest + 3);
	if (!whole)
		return xstrdup("");
	n = (size_t)(strstr(whole, "://") - whole) + 3;
	url = sources_guest_url(whole, n, "");
	n = strlen(url);
	if (n && url[n - 1] == '/')
		url[n - 1] = '\0';
	free(whole);
	return url;
}
