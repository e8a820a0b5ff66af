/* SPDX-License-Identifier: MIT */
/* http_sink: checks, hashes and stores a response. */
#include "http_sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"

static void http_sink_forget_headers(struct http_sink *s)
{
	free(s->etag);
	free(s->modified);
	free(s->range);
	free(s->encoding);
	free(s->type);
	s->etag = s->modified = s->range = s->encoding = s->type = NULL;
	s->length = 0;
}

void http_sink_fini(struct http_sink *s)
{
	http_sink_forget_headers(s);
	hash_free(s->hash);
	s->hash = NULL;
	buf_fini(&s->body);
	err_fini(&s->err);
}

int http_sink_reset(struct http_sink *s)
{
	hash_free(s->hash);
	s->hash = hash_new();
	s->have = 0;
	buf_clear(&s->body);
	if (s->fd >= 0 && (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0))
		return err_errno(&s->err, errno, "file-write", "cannot restart %s", s->name);
	return 0;
}

void http_sink_ask(struct http_sink *s)
{
	http_sink_forget_headers(s);
	err_fini(&s->err);
	s->from = s->have;
	s->counts = false;
	s->restart = false;
}

static bool http_sink_take_value(const char *line, size_t n, const char *field, char **out)
{
	size_t len = strlen(field);

	if (n <= len || line[len] != ':' || strncasecmp(line, field, len))
		return false;
	line += len + 1;
	n -= len + 1;
	while (n && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	free(*out);
	*out = xstrndup(line, n);
	return true;
}

void http_sink_header(struct http_sink *s, const char *line, size_t n)
{
	char *length = NULL;

	if (n > 5 && !memcmp(line, "HTTP/", 5)) {
		http_sink_forget_headers(s);
		return;
	}
	if (http_sink_take_value(line, n, "ETag", &s->etag) ||
	    http_sink_take_value(line, n, "Last-Modified", &s->modified) ||
	    http_sink_take_value(line, n, "Content-Range", &s->range) ||
	    http_sink_take_value(line, n, "Content-Encoding", &s->encoding) ||
	    http_sink_take_value(line, n, "Content-Type", &s->type))
		return;
	if (http_sink_take_value(line, n, "Content-Length", &length))
		number_parse(length, 0, UINT64_C(1) << 50, &s->length, NULL);
	free(length);
}

static int http_sink_web_page(struct http_sink *s)
{
	err_set(&s->err, ERR_NETWORK, "http-login-page", "a web page came instead of %s: a login page or a proxy?",
		s->name);
	return err_hint(&s->err, "open any page in a browser on this host and log in there");
}

static int http_sink_wrong_size(struct http_sink *s)
{
	if (s->type && !strncasecmp(s->type, "text/html", 9))
		return http_sink_web_page(s);
	err_set(&s->err, ERR_NETWORK, s->size ? "http-size" : "http-large",
		s->size ? "the size of %s differs from the signed list" : "%s is larger than it may be", s->name);
	return err_hint(&s->err, "the mirror is being updated or is broken: try again later or "
				 "name another");
}

/* Returns whether a 206 continues exactly at our position. */
static bool http_sink_range_fits(const struct http_sink *s)
{
	uint64_t from, to, total;
	int fields;

	if (!s->range)
		return false;
	fields = sscanf(s->range, "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &from, &to, &total);
	return fields >= 2 && from == s->from && to >= from && (fields < 3 || !s->size || total == s->size);
}

int http_sink_begin(struct http_sink *s, long status)
{
	uint64_t limit = s->size ? s->size : s->cap;

	if (s->counts || (status != 200 && status != 206)) /* also called for trailers */
		return 0;
	if (s->encoding && strcasecmp(s->encoding, "identity")) {
		err_set(&s->err, ERR_NETWORK, "http-encoding",
			"the server sends %s in an encoding that was not requested", s->name);
		return err_hint(&s->err, "name another mirror, or check the proxy");
	}
	if (status == 206 && !http_sink_range_fits(s)) {
		s->restart = true;
		return err_set(&s->err, ERR_NETWORK, "http-range", "%s cannot be resumed", s->name);
	}
	if (status == 200 && s->have && http_sink_reset(s) < 0)
		return -1;
	if (s->length && (s->have + s->length > limit || (s->size && s->have + s->length != s->size)))
		return http_sink_wrong_size(s);
	s->counts = true;
	return 0;
}

/* No requested file begins with a `<`; a web page in its place does. */
static bool http_sink_is_web_page(const char *p, size_t n)
{
	while (n && strchr(" \t\r\n\xef\xbb\xbf", *p))
		p++, n--;
	return n && *p == '<';
}

int http_sink_bytes(struct http_sink *s, const char *p, size_t n)
{
	if (!s->counts)
		return 0;
	if (!s->have && http_sink_is_web_page(p, n))
		return http_sink_web_page(s);
	if (n > (s->size ? s->size : s->cap) - s->have)
		return http_sink_wrong_size(s);
	if (s->fd < 0)
		buf_add(&s->body, p, n);
	else if (file_write_all(s->fd, p, n, s->name, &s->err) < 0)
		return -1;
	hash_add(s->hash, p, n);
	s->have += n;
	return 0;
}
