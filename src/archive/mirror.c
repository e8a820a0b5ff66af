/* SPDX-License-Identifier: MIT */
/* mirror: see src/archive/mirror.h. */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http.h"

static void mirror_add_base(struct strv *out, const char *url)
{
	size_t n = strlen(url);
	char *base;

	while (n && url[n - 1] == '/')
		n--;
	base = xstrndup(url, n);
	if (!strv_has(out, base) && http_url_ok(base))
		strv_add(out, base);
	free(base);
}

/* "20260711T101637Z", or a shorter form of it that the service takes too. */
static bool mirror_is_timestamp(const char *s)
{
	return strlen(s) >= 8 && strspn(s, "0123456789TZ") == strlen(s);
}

static int mirror_snapshot_base(const struct archive_conf *conf, bool security, struct strv *out, struct err *e)
{
	const char *service = catalog_snapshot(conf->catalog);
	char *url;

	if (!mirror_is_timestamp(conf->snapshot)) {
		err_set(e, ERR_USAGE, "mirror-snapshot", "%s is not a time of the snapshot service", conf->snapshot);
		return err_hint(e, "write it like 20260711T101637Z");
	}
	url = xasprintf("%s/%s/%s", service, security ? "debian-security" : "debian", conf->snapshot);
	mirror_add_base(out, url);
	free(url);
	return 0;
}

int mirror_bases(const struct archive_conf *conf, bool security, struct strv *out, struct err *e)
{
	const char *named = security ? conf->security_mirror : conf->mirror;
	const struct strv *host = security ? conf->host_security_mirrors : conf->host_mirrors;
	const struct strv *built_in =
		security ? catalog_security_mirrors(conf->catalog) : catalog_mirrors(conf->catalog);

	if (conf->snapshot && *conf->snapshot) {
		if (mirror_snapshot_base(conf, security, out, e) < 0)
			return -1;
	} else if (named && *named && strcmp(named, "auto")) {
		if (!http_url_ok(named)) {
			char *public = http_public_url(named);

			err_set(e, ERR_USAGE, "mirror-url", "%s is not a http or https address", public);
			free(public);
			return -1;
		}
		mirror_add_base(out, named);
	} else {
		for (size_t i = 0; host && i < host->len; i++)
			mirror_add_base(out, host->items[i]);
		for (size_t i = 0; i < built_in->len; i++)
			mirror_add_base(out, built_in->items[i]);
	}
	if (!out->len)
		return err_set(e, ERR_USAGE, "mirror-none", "there is no mirror to ask");
	return 0;
}
