/* SPDX-License-Identifier: MIT */
/*
 * http: downloads over http and https, several at the same time, on the loop; the only user of libcurl's transfers.
 * Each one is capped, hashed while it arrives, resumed (RFC 9110 ranges with If-Range), retried with back-off, and
 * redirected under rules: http and https only, never from https to http, never from elsewhere to this host, five
 * times at most. Certificates are always verified, against SSL_CERT_FILE if it is set, else this host's own store.
 * Proxies come from `proxy` or from the usual variables, NO_PROXY included.
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

/* `proxy` (copied): "" or NULL for the usual variables. `stall_s`: seconds without data after which an attempt is
 * given up, 0: 30. */
struct http *http_new(struct loop *l, const char *proxy, unsigned stall_s);
/* Every transfer must have ended or been cancelled; must not be called within a `done`. */
void http_free(struct http *h);

struct http_request {
	const char *url;
	uint64_t size;		     /* exact size if it is known, else 0 */
	uint64_t cap;		     /* most bytes that it may have if the size is unknown */
	int fd;			     /* destination of the bytes; -1: memory */
	uint64_t have;		     /* bytes that fd already has, to be resumed */
	struct hash *hash;	     /* running digest of them (taken), NULL if have is 0 */
	const char *etag, *modified; /* validators of the local copy, or NULL */
	bool fresh;		     /* bypasses caches between us and the mirror */
	unsigned attempts;	     /* 0: 4 */
};

/* The result of a transfer; borrowed during the callback. */
struct http_result {
	bool not_modified;
	bool resumed;		     /* part of the bytes are from before this transfer */
	const char *etag, *modified; /* or NULL */
	const char *body;	     /* in memory */
	uint64_t size;
	uint8_t sha256[HASH_SIZE]; /* of the whole file */
};

/* Receives either a result or an error. Error ids: http-url, http-dns, http-refused, http-timeout, http-slow,
 * http-cut, http-status, http-404, http-proxy-auth, http-proxy, http-login-page, http-redirect, http-large,
 * http-size, http-encoding, tls-certificate, tls-ca, tls, http; and those of file writing (disk full). Not called
 * during http_get_start. */
typedef void (*http_done_fn)(const struct http_result *r, const struct err *e, void *arg);
struct http_get *http_get_start(struct http *h, const struct http_request *req, http_done_fn done, void *arg);
/* Ends the transfer without a call to done; NULL is fine. */
void http_cancel(struct http_get *g);
/* Returns the bytes of the file that are available, including those from before. */
uint64_t http_received(const struct http_get *g);

/* Returns the URL without user name and password, for people; the caller frees it. */
char *http_public_url(const char *url);
/* Returns whether the URL is http or https with a host, and valid in a request line. */
bool http_url_ok(const char *url);

#endif
