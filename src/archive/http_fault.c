/* SPDX-License-Identifier: MIT */
/* http_fault: explains failures of transfers, and checks redirects. No I/O. */
#include "archive/http_fault.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "http.h"

/* Returns one part of a URL, or NULL; the caller frees it. */
static char *http_fault_url_part(const char *url, CURLUPart part)
{
	CURLU *u = curl_url();
	char *text = NULL;
	char *copy = NULL;

	if (!u)
		mem_end("out of memory");
	if (!curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) &&
	    !curl_url_get(u, part, &text, CURLU_DEFAULT_PORT))
		copy = xstrdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

char *http_public_url(const char *url)
{
	CURLU *u = curl_url();
	char *text = NULL;
	char *copy;

	if (!u)
		mem_end("out of memory");
	if (!curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME)) {
		curl_url_set(u, CURLUPART_USER, NULL, 0);
		curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
		curl_url_get(u, CURLUPART_URL, &text, 0);
	}
	copy = xstrdup(text ? text : "(a malformed URL)");
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

static bool http_fault_has_escape(const char *url)
{
	static const char *const bad[] = {"%0a", "%0d", "%00"};

	for (const char *p = url; *p; p++) {
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return true;
		for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
			if (!strncasecmp(p, bad[i], 3))
				return true;
	}
	return false;
}

bool http_url_ok(const char *url)
{
	char *scheme = http_fault_has_escape(url) ? NULL : http_fault_url_part(url, CURLUPART_SCHEME);
	char *host = scheme ? http_fault_url_part(url, CURLUPART_HOST) : NULL;
	bool ok = host && *host && (!strcmp(scheme, "http") || !strcmp(scheme, "https"));

	free(scheme);
	free(host);
	return ok;
}

static bool http_fault_is_this_host(const char *host)
{
	size_t n = strlen(host);

	return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "0.0.0.0") ||
	       !strcmp(host, "[::1]") || !strcmp(host, "[::]") || !strncasecmp(host, "[::ffff:127.", 12) ||
	       !strncasecmp(host, "[::ffff:7f", 10) || (n > 10 && !strcasecmp(host + n - 10, ".localhost"));
}

int http_redirect_check(const char *from, const char *to, struct err *e)
{
	AUTO_FREE char *old_scheme = http_fault_url_part(from, CURLUPART_SCHEME);
	AUTO_FREE char *old_host = http_fault_url_part(from, CURLUPART_HOST);
	AUTO_FREE char *scheme = http_fault_url_part(to, CURLUPART_SCHEME);
	AUTO_FREE char *host = http_fault_url_part(to, CURLUPART_HOST);
	AUTO_FREE char *name = http_public_url(from);
	const char *why = NULL;

	if (!http_url_ok(to))
		why = "to something that is not a web address";
	else if (!old_scheme || (!strcmp(scheme, "http") && !strcmp(old_scheme, "https")))
		why = "from https to plain http";
	else if (http_fault_is_this_host(host) && !(old_host && http_fault_is_this_host(old_host)))
		why = "to this host itself";
	if (why) {
		err_set(e, ERR_NETWORK, "http-redirect", "%s redirects %s: refused", name, why);
		err_hint(e, "name another mirror, or check the proxy");
	}
	return why ? -1 : 0;
}

char *http_proxy_named(const char *setting, const char *url)
{
	const char *p = setting && *setting ? setting : NULL;

	if (!p && !strncasecmp(url, "https:", 6)) {
		p = getenv("https_proxy");
		if (!p || !*p)
			p = getenv("HTTPS_PROXY");
	} else if (!p) {
		p = getenv("http_proxy"); /* not HTTP_PROXY: libcurl does not read it either */
	}
	if (!p || !*p)
		p = getenv("all_proxy");
	if (!p || !*p)
		p = getenv("ALL_PROXY");
	if (!p || !*p)
		return NULL;
	if (strstr(p, "://"))
		return http_public_url(p);
	p = strrchr(p, '@') ? strrchr(p, '@') + 1 : p;
	return xstrdup(p);
}

bool http_fault_is_passing(const struct http_fault *f)
{
	switch (f->code) {
	case CURLE_OK:
		return f->status == 408 || f->status == 429 || f->status >= 500;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_SSL_CONNECT_ERROR:
		return f->connect_status != 407;
	default:
		return false;
	}
}

static int http_fault_explain_status(const struct http_fault *f, const char *url, struct err *e)
{
	if (f->status == 404 || f->status == 410) {
		err_set(e, ERR_NETWORK, "http-404", "%s is not there (HTTP %ld)", url, f->status);
		return err_hint(e, "check the mirror's address, or name another");
	}
	err_set(e, ERR_NETWORK, "http-status", "the server answers HTTP %ld for %s", f->status, url);
	if (f->status == 401)
		return err_hint(e, "put its user name and password into ~/.netrc, or name another mirror");
	if (f->status == 429 || f->status >= 500)
		return err_hint(e, "the server has trouble: try again later or name another mirror");
	return err_hint(e, "name another mirror");
}

static int http_fault_explain_tls(const struct http_fault *f, const char *host, struct err *e)
{
	if (f->code == CURLE_SSL_CACERT_BADFILE) {
		err_set(e, ERR_MISSING, "tls-ca", "this host has no certificates to check %s with (%s)", host,
			f->detail);
		return err_hint(e, "install ca-certificates");
	}
	if (f->code == CURLE_PEER_FAILED_VERIFICATION) {
		err_set(e, ERR_NETWORK, "tls-certificate", "the certificate of %s is not accepted: %s", host,
			f->detail);
		return err_hint(e, "check this host's clock and ca-certificates; a http:// mirror is as "
				   "safe, since everything from it is signed");
	}
	err_set(e, ERR_NETWORK, "tls", "no secure connection to %s: %s", host, f->detail);
	return err_hint(e, "try again later or name another mirror");
}

int http_fault_explain(const struct http_fault *f, struct err *e)
{
	AUTO_FREE char *url = http_public_url(f->url);
	char *host = http_fault_url_part(f->url, CURLUPART_HOST);
	const char *at = host ? host : url;
	const char *through = f->proxy ? " through the proxy " : "";
	const char *proxy = f->proxy ? f->proxy : "";
	const char *detail = *f->detail ? f->detail : curl_easy_strerror(f->code);

	if (f->status == 407 || f->connect_status == 407) {
		err_set(e, ERR_NETWORK, "http-proxy-auth", "the proxy %s requires a login (HTTP 407)",
			*proxy ? proxy : at);
		err_hint(e, "put user:password@ into the address in http_proxy or https_proxy, and leave "
			    "mirror.proxy empty, which takes none");
	} else if (f->code == CURLE_OK) {
		http_fault_explain_status(f, url, e);
	} else if (f->code == CURLE_COULDNT_RESOLVE_HOST) {
		err_set(e, ERR_NETWORK, "http-dns", "the name %s cannot be looked up", at);
		err_hint(e, "check the network and the mirror's name");
	} else if (f->code == CURLE_COULDNT_RESOLVE_PROXY) {
		err_set(e, ERR_NETWORK, "http-proxy", "the name of the proxy %s cannot be looked up", proxy);
		err_hint(e, "check the proxy settings (http_proxy, https_proxy, mirror.proxy)");
	} else if (f->proxy && (f->code == CURLE_COULDNT_CONNECT || f->code == CURLE_PROXY)) {
		err_set(e, ERR_NETWORK, "http-proxy", "the proxy %s cannot be reached", proxy);
		err_hint(e, "check the proxy settings (http_proxy, https_proxy, mirror.proxy)");
	} else if (f->code == CURLE_COULDNT_CONNECT) {
		err_set(e, ERR_NETWORK, "http-refused", "%s does not accept connections", at);
		err_hint(e, "check the network and the mirror's address, or name another mirror");
	} else if (f->code == CURLE_OPERATION_TIMEDOUT) {
		err_set(e, ERR_NETWORK, "http-timeout", "no data from %s%s%s in time", at, through, proxy);
		err_hint(e, "check the network, or name another mirror; what arrived is kept");
	} else if (f->code == CURLE_PEER_FAILED_VERIFICATION || f->code == CURLE_SSL_CACERT_BADFILE ||
		   f->code == CURLE_SSL_CONNECT_ERROR) {
		http_fault_explain_tls(f, at, e);
	} else if (f->code == CURLE_RECV_ERROR || f->code == CURLE_SEND_ERROR || f->code == CURLE_GOT_NOTHING ||
		   f->code == CURLE_PARTIAL_FILE) {
		err_set(e, ERR_NETWORK, "http-cut", "the connection to %s%s%s was cut", at, through, proxy);
		err_hint(e, "try again; what arrived is kept");
	} else {
		err_set(e, ERR_NETWORK, "http", "%s%s%s: %s", url, through, proxy, detail);
		err_hint(e, "try again later or name another mirror");
	}
	free(host);
	return -1;
}

int http_fault_slow(const char *url, uint64_t rate, struct err *e)
{
	AUTO_FREE char *host = http_fault_url_part(url, CURLUPART_HOST);

	err_set(e, ERR_NETWORK, "http-slow", "%s sends only %" PRIu64 " bytes a second", host ? host : "the server",
		rate);
	return err_hint(e, "name another mirror, or run the same command again: what arrived is kept");
}
