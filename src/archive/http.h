/* SPDX-License-Identifier: MIT */
/*
 * http: downloads over http and https, several at once, on the loop; the only place that uses
 * libcurl's transfers. Each one is capped, hashed while it arrives, resumed (RFC 9110 ranges with
 * If-Range), retried with back-off, and redirected under rules: http and https only, never from
 * https to http, never from elsewhere to this host, five times at most. Certificates are always
 * verified, against SSL_CERT_FILE where that is set, else this host's own store. Proxies come from
 * `proxy` or from the usual variables, NO_PROXY included.
 */
#ifndef ARCHIVE_HTTP_H
#define ARCHIVE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/loop.h"

struct http;
struct http_get;

/* `proxy` (copied): "" or NULL for the usual variables. `stall_s`: seconds without data after
 * which a try is given up, 0: 30. */
struct http *http_new(struct loop *l, const char *proxy, unsigned stall_s);
/* Every transfer must have ended or been cancelled; not from within a `done`. */
void http_free(struct http *h);

struct http_request {
	const char *url;
	uint64_t size;		     /* exact size where it is known, else 0 */
	uint64_t cap;		     /* most bytes it may have where the size is not known */
	int fd;			     /* where the bytes go; -1: into memory */
	uint64_t have;		     /* bytes that are in fd already, to be resumed */
	struct hash *hash;	     /* running digest over them (taken), NULL when have is 0 */
	const char *etag, *modified; /* validators of the copy at hand, or NULL */
	bool fresh;		     /* past caches in between */
	unsigned tries;		     /* 0: 4 */
};

/* What a transfer gave; borrowed for the time of the callback. */
struct http_result {
	bool not_modified;
	bool resumed;		     /* part of the bytes are from before this transfer */
	const char *etag, *modified; /* or NULL */
	const char *body;	     /* in memory */
	uint64_t size;
	uint8_t sha256[HASH_SIZE]; /* of the whole file */
};

/* Exactly one of result and error is given. Error ids: http-url, http-dns, http-refused,
 * http-timeout, http-slow, http-cut, http-status, http-404, http-proxy-auth, http-proxy, http-login-page,
 * http-redirect, http-large, http-size, http-encoding, tls-certificate, tls-ca, tls, http; and
 * those of file writing (disk full). `done` is not called from within http_get_start. */
typedef void (*http_done_fn)(const struct http_result *r, const struct err *e, void *arg);
struct http_get *http_get_start(struct http *h, const struct http_request *req, http_done_fn done, void *arg);
/* Ends it without a call to done; NULL is fine. */
void http_cancel(struct http_get *g);
/* Bytes of the file that are there now, those from before included. */
uint64_t http_received(const struct http_get *g);

/* The URL without user name and password, for people; owned by the caller. */
char *http_public_url(const char *url);
/* http or https with a host, and nothing that could not stand in a request line. */
bool http_url_ok(const char *url);

#endif
