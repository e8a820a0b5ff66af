/* SPDX-License-Identifier: MIT */
/* http_fault: explains failures of libcurl and of servers, and decides which redirects are followed. */
#ifndef ARCHIVE_HTTP_FAULT_H
#define ARCHIVE_HTTP_FAULT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct http_fault {
	CURLcode code;
	long status;	     /* of the response, 0: none */
	long connect_status; /* of the proxy's answer to CONNECT */
	const char *url;
	const char *detail; /* libcurl's message, or "" */
	const char *proxy;  /* the proxy that was used, or NULL */
};

/* Fills e. Returns -1. */
int http_fault_explain(const struct http_fault *f, struct err *e);
/* Fills e for a server whose transfers were given up because it sends so little, in bytes per second. */
int http_fault_slow(const char *url, uint64_t rate, struct err *e);
/* Returns whether another attempt may help. */
bool http_fault_is_passing(const struct http_fault *f);
/* Returns -1 with e filled if `to` must not be followed from `from`. */
int http_redirect_check(const char *from, const char *to, struct err *e);
/* Returns the proxy that the settings name for this URL, without credentials, or NULL; the caller frees it. */
char *http_proxy_named(const char *setting, const char *url);

#endif
