/* SPDX-License-Identifier: MIT */
/* http_fault: from what libcurl and the server said to a sentence, and the rules for redirects. */
#ifndef ARCHIVE_HTTP_FAULT_H
#define ARCHIVE_HTTP_FAULT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct http_fault {
	CURLcode code;
	long status;	     /* of the response, 0: none came */
	long connect_status; /* of the proxy's answer to CONNECT */
	const char *url;
	const char *detail; /* libcurl's words, or "" */
	const char *proxy;  /* the proxy that was asked, or NULL */
};

/* Fills e. */
int http_fault_explain(const struct http_fault *f, struct err *e);
/* Fills e for a server that sends so little, in bytes a second, that its transfers were given up. */
int http_fault_slow(const char *url, uint64_t rate, struct err *e);
/* Whether another try may help. */
bool http_fault_is_passing(const struct http_fault *f);
/* -1 with e filled where `to` must not be followed from `from`. */
int http_redirect_check(const char *from, const char *to, struct err *e);
/* The proxy that the settings name for this URL, for messages: without credentials, owned by the
 * caller; NULL: none. */
char *http_proxy_named(const char *setting, const char *url);

#endif
