/* SPDX-License-Identifier: MIT */
/* archive/http_sink and http_fault: headers and bytes in, verdicts out; URLs and redirects. */
#include "tests/lib/check.h"

#include "archive/http.h"
#include "archive/http_fault.h"
#include "archive/http_sink.h"
#include "base/mem.h"
#include "base/strv.h"

/* Feeds a response; "" when it is taken, else the error's id. */
static const char *feed(struct http_sink *s, const char *headers, long status, const char *body)
{
	struct strv lines = STRV_INIT;
	int r = 0;

	http_sink_ask(s);
	strv_split(&lines, headers, "|");
	for (size_t i = 0; i < lines.len; i++)
		http_sink_header(s, lines.items[i], strlen(lines.items[i]));
	strv_fini(&lines);
	r = http_sink_begin(s, status);
	if (!r)
		r = http_sink_bytes(s, body, strlen(body));
	assert_int_equal(r, s->err.kind == ERR_NONE ? 0 : -1);
	return s->err.id;
}

static void sink_new(struct http_sink *s, uint64_t size, uint64_t cap)
{
	*s = (struct http_sink){.name = "x", .fd = -1, .size = size, .cap = cap, .hash = hash_new()};
	buf_init(&s->body, cap);
}

static void responses(void **state)
{
	static const struct {
		uint64_t size;
		const char *headers;
		long status;
		const char *body, *id, *taken;
	} rows[] = {
		{0, "HTTP/1.1 200 OK\r\n|Content-Length: 5\r\n", 200, "hello", "", "hello"},
		{5, "content-length:5\r\n", 200, "hello", "", "hello"},
		{5, "", 200, "hello", "", "hello"},
		{5, "", 200, "hell", "", "hell"},
		{5, "", 200, "hello!", "http-size", ""},
		{5, "Content-Length: 6\r\n", 200, "", "http-size", ""},
		{5, "Content-Length: 6\r\n|Content-Type: text/html\r\n", 200, "", "http-login-page", ""},
		{0, "Content-Length: 999\r\n", 200, "", "http-large", ""},
		{0, "", 200, "0123456789abcdef!", "http-large", ""},
		{0, "Content-Encoding: gzip\r\n", 200, "x", "http-encoding", ""},
		{0, "Content-Encoding: identity\r\n", 200, "x", "", "x"},
		{0, "", 200, "<html>", "http-login-page", ""},
		{0, "", 200, " \r\n<!DOC", "http-login-page", ""},
		{0, "", 404, "<html>", "", ""},
		{0, "", 302, "away", "", ""},
		{5, "Content-Range: bytes 0-4/5\r\n", 206, "hello", "", "hello"},
		{5, "Content-Range: bytes 1-4/5\r\n", 206, "ello", "http-range", ""},
		{5, "Content-Range: bytes 0-4/6\r\n", 206, "hello", "http-range", ""},
		{5, "", 206, "hello", "http-range", ""},
		/* a header set that another one follows does not count */
		{0, "HTTP/1.1 100\r\n|Content-Encoding: gzip\r\n|HTTP/1.1 200\r\n", 200, "x", "", "x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_sink s;

		sink_new(&s, rows[i].size, rows[i].size ? rows[i].size : 16);
		assert_string_equal(feed(&s, rows[i].headers, rows[i].status, rows[i].body), rows[i].id);
		assert_string_equal(s.body.data, rows[i].taken);
		assert_int_equal(s.have, strlen(rows[i].taken));
		http_sink_fini(&s);
	}
}

static void resuming(void **state)
{
	uint8_t want[HASH_SIZE], got[HASH_SIZE];
	struct http_sink s;

	(void)state;
	hash_bytes("hello", 5, want);
	sink_new(&s, 5, 5);
	assert_string_equal(feed(&s, "ETag: \"a\"\r\n", 200, "hel"), "");
	assert_string_equal(s.etag, "\"a\"");
	assert_string_equal(feed(&s, "Content-Range: bytes 3-4/5\r\n|Content-Length: 2\r\n", 206, "lo"), "");
	hash_end(s.hash, got);
	s.hash = NULL;
	assert_memory_equal(got, want, HASH_SIZE);
	http_sink_fini(&s);

	sink_new(&s, 5, 5); /* the range is ignored: all of it comes, from the start */
	feed(&s, "", 200, "hel");
	assert_string_equal(feed(&s, "Content-Length: 5\r\n", 200, "hello"), "");
	assert_string_equal(s.body.data, "hello");
	hash_end(s.hash, got);
	s.hash = NULL;
	assert_memory_equal(got, want, HASH_SIZE);
	http_sink_fini(&s);

	sink_new(&s, 5, 5); /* a wrong range asks for a restart */
	feed(&s, "", 200, "hel");
	assert_string_equal(feed(&s, "Content-Range: bytes 2-4/5\r\n", 206, "llo"), "http-range");
	assert_true(s.restart);
	assert_int_equal(http_sink_reset(&s), 0);
	assert_int_equal(s.have, 0);
	http_sink_fini(&s);
}

static void redirects(void **state)
{
	static const struct {
		const char *from, *to;
		bool ok;
	} rows[] = {
		{"http://a/x", "http://b/x", true},	     {"http://a/x", "https://b/x", true},
		{"https://a/x", "https://b/x", true},	     {"https://a/x", "http://a/x", false},
		{"http://a/x", "file:///etc/passwd", false}, {"http://a/x", "ftp://a/x", false},
		{"http://a/x", "http://a/%0aHost:b", false}, {"http://a/x", "http://a/%0D", false},
		{"http://a/x", "http://127.0.0.1/", false},  {"http://a/x", "http://127.1.2.3:80/", false},
		{"http://a/x", "http://LocalHost/", false},  {"http://a/x", "http://x.localhost/", false},
		{"http://a/x", "http://[::1]/", false},	     {"http://a/x", "http://[::ffff:127.0.0.1]/", false},
		{"http://a/x", "http://0.0.0.0/", false},    {"http://127.0.0.1/x", "http://127.0.0.1:81/y", true},
		{"http://localhost/x", "http://a/y", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(http_redirect_check(rows[i].from, rows[i].to, &e), rows[i].ok ? 0 : -1);
		assert_string_equal(e.id, rows[i].ok ? "" : "http-redirect");
		err_fini(&e);
	}
}

static void urls(void **state)
{
	char *text;

	(void)state;
	assert_true(http_url_ok("http://a"));
	assert_true(http_url_ok("https://[::1]:8080/debian"));
	assert_false(http_url_ok("a/debian"));
	assert_false(http_url_ok("file:///debian"));
	assert_false(http_url_ok("http://a/b c"));
	assert_false(http_url_ok("http://a/\n"));
	assert_false(http_url_ok(""));
	text = http_public_url("http://user:secret@a/debian");
	assert_string_equal(text, "http://a/debian");
	free(text);
	text = http_proxy_named("user:secret@proxy:3128", "http://a");
	assert_string_equal(text, "proxy:3128");
	free(text);
	text = http_proxy_named("http://user:secret@proxy:3128", "http://a");
	assert_null(strstr(text, "secret"));
	free(text);
}

/* Each kind of failure has a message of its own. */
static void faults(void **state)
{
	static const struct http_fault rows[] = {
		{.code = CURLE_COULDNT_RESOLVE_HOST}, {.code = CURLE_COULDNT_RESOLVE_PROXY, .proxy = "p:1"},
		{.code = CURLE_COULDNT_CONNECT},      {.code = CURLE_COULDNT_CONNECT, .proxy = "p:1"},
		{.code = CURLE_OPERATION_TIMEDOUT},   {.code = CURLE_RECV_ERROR},
		{.code = CURLE_OK, .status = 404},    {.code = CURLE_OK, .status = 407, .proxy = "p:1"},
		{.code = CURLE_OK, .status = 500},    {.code = CURLE_PEER_FAILED_VERIFICATION},
		{.code = CURLE_SSL_CACERT_BADFILE},   {.code = CURLE_SSL_CONNECT_ERROR},
		{.code = CURLE_UNSUPPORTED_PROTOCOL},
	};
	struct strv texts = STRV_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_fault f = rows[i];
		struct err e = ERR_INIT;

		f.url = "http://user:secret@mirror/debian";
		f.detail = "";
		http_fault_explain(&f, &e);
		assert_non_null(e.hint);
		assert_null(strstr(e.text, "secret"));
		assert_false(strv_has(&texts, e.text));
		strv_add(&texts, e.text);
		err_fini(&e);
	}
	strv_fini(&texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses), cmocka_unit_test(resuming), cmocka_unit_test(redirects),
		cmocka_unit_test(urls),	     cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
