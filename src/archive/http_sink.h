/* SPDX-License-Identifier: MIT */
/*
 * http_sink: where a response goes: its headers are read, its body is counted against the cap,
 * hashed and written. Knows no connection: bytes in, verdict out.
 */
#ifndef ARCHIVE_HTTP_SINK_H
#define ARCHIVE_HTTP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

struct http_sink {
	const char *name; /* of the URL, for messages; borrowed */
	int fd;		  /* -1: body */
	uint64_t size;	  /* exact, or 0 */
	uint64_t cap;
	uint64_t have; /* bytes taken so far, those of earlier tries included */
	uint64_t from; /* where the present response was asked to begin */
	bool counts;   /* the present response's body is the file */
	bool restart;  /* the server does not go on where we were: ask for all of it */
	struct hash *hash;
	struct buf body;
	char *etag, *modified; /* of the present response */
	char *range;	       /* its Content-Range */
	char *encoding;	       /* its Content-Encoding */
	char *type;	       /* its Content-Type */
	uint64_t length;       /* its Content-Length, 0: not said */
	struct err err;	       /* why the response was refused, ERR_NONE: it was not */
};

void http_sink_fini(struct http_sink *s);
/* Forgets what was taken: the next response is from byte 0. */
int http_sink_reset(struct http_sink *s);
/* Before a request goes out. */
void http_sink_ask(struct http_sink *s);
/* One header line with its line end; a status line begins a new set. */
void http_sink_header(struct http_sink *s, const char *line, size_t n);
/* The header is complete. -1: refused, see err and restart. */
int http_sink_begin(struct http_sink *s, long status);
int http_sink_bytes(struct http_sink *s, const char *p, size_t n);

#endif
