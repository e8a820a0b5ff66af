/* SPDX-License-Identifier: MIT */
/*
 * http_sink: the destination of a response: reads its headers, checks its size, hashes and writes its body. Knows
 * no connection.
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
	uint64_t have; /* bytes received so far, including those of earlier attempts */
	uint64_t from; /* where the current response was requested to begin */
	bool counts;   /* the body of the current response is the file */
	bool restart;  /* the server does not continue at our position: request all of it */
	struct hash *hash;
	struct buf body;
	char *etag, *modified; /* of the current response */
	char *range;	       /* its Content-Range */
	char *encoding;	       /* its Content-Encoding */
	char *type;	       /* its Content-Type */
	uint64_t length;       /* its Content-Length, 0: unknown */
	struct err err;	       /* why the response was refused, or ERR_NONE */
};

void http_sink_fini(struct http_sink *s);
/* Discards what was received: the next response starts at byte 0. */
int http_sink_reset(struct http_sink *s);
/* Prepares for a request. */
void http_sink_ask(struct http_sink *s);
/* Reads one header line with its line end; a status line begins a new set. */
void http_sink_header(struct http_sink *s, const char *line, size_t n);
/* Decides after the last header line. Returns -1 if the response is refused, see err and restart. */
int http_sink_begin(struct http_sink *s, long status);
int http_sink_bytes(struct http_sink *s, const char *p, size_t n);

#endif
