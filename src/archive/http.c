/* SPDX-License-Identifier: MIT */
/*
 * http: downloads by libcurl on the loop (curl_loop.c), with a queue in front of it. Each transfer has its own policy
 * of redirects and retries instead of libcurl's, whose rules for redirects differ.
 */
#include "http.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/http_fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "curl_loop.h"
#include "host/facts.h"
#include "http_sink.h"

#define ACTIVE_MAX 8
#define ATTEMPTS 4
#define REDIRECTS 5
#define WAIT_CAP 60000	      /* ms: the longest Retry-After that is followed */
#define TROUBLE_CAP 120000    /* ms from the first failure to giving up */
#define PROGRESS (256 * 1024) /* bytes that make an attempt count as a success */
/*
 * A server that sends a little more than libcurl's limit for a stalled transfer (LOW_SPEED) would never
 * be given up. So all transfers together must reach this rate on average over a window of many stall
 * times. The sum counts, since transfers share a line: an honest line of 32 kbit/s passes, whether it
 * serves one transfer or eight. What arrived is kept, so that a line that is slower still comes to an end
 * by running again.
 */
#define LOW_SPEED 1000 /* bytes/s of one transfer */
#define SLOW_RATE 4096 /* bytes/s of all */
#define SLOW_WINDOW 10 /* stall times */

struct http {
	struct loop *loop;
	struct curl_loop *curl;
	char *proxy;
	unsigned stall_s;
	struct http_get *first; /* all transfers, in order of their start */
	unsigned active;
	struct loop_timer *window; /* while transfers are active */
	uint64_t window_bytes;	   /* that arrived in it */
};

struct http_get {
	struct http *http;
	struct http_get *next;
	char *url;  /* requested now */
	char *name; /* of the URL that was given, for people */
	char *etag, *modified;
	bool fresh, ranged, ended;
	bool whole_window; /* active since the current window began */
	bool too_slow;
	unsigned attempts, attempts_max, redirects;
	uint64_t had;		/* bytes at the start of this attempt */
	uint64_t trouble_since; /* loop time of the first failure, 0: none */
	int tried_port;
	struct http_sink sink;
	CURL *easy;
	struct curl_slist *headers;
	struct loop_timer *wait;
	char detail[CURL_ERROR_SIZE];
	http_done_fn done;
	void *arg;
};

static void http_pump(struct http *h);
static void http_on_acted(void *arg);
static void http_give(struct http_get *g, const struct http_result *r, const struct err *e);

struct http *http_new(struct loop *l, const char *proxy, unsigned stall_s)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	h->proxy = xstrdup(proxy ? proxy : "");
	h->stall_s = stall_s ? stall_s : 30;
	h->curl = curl_loop_new(l, http_on_acted, h);
	curl_multi_setopt(curl_loop_multi(h->curl), CURLMOPT_MAX_HOST_CONNECTIONS, (long)ACTIVE_MAX);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_loop_free(h->curl);
	free(h->proxy);
	free(h);
}

/* --- one transfer --- */

static size_t http_on_header(char *p, size_t size, size_t n, void *user)
{
	struct http_get *g = user;
	long status = 0;

	http_sink_header(&g->sink, p, size * n);
	if (size * n <= 2) { /* the empty line behind the header */
		curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
		if (http_sink_begin(&g->sink, status) < 0)
			return 0;
	}
	return size * n;
}

static size_t http_on_body(char *p, size_t size, size_t n, void *user)
{
	struct http_get *g = user;

	g->http->window_bytes += size * n;
	return http_sink_bytes(&g->sink, p, size * n) < 0 ? 0 : size * n;
}

/* Opens sockets, so that they are closed on exec, and to detect whether a proxy is used. */
static curl_socket_t http_on_open(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_get *g = user;
	intptr_t fd = host_open_socket(a->family, a->socktype, a->protocol);

	(void)purpose;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	g->tried_port = host_address_port(&a->addr);
	return (curl_socket_t)fd;
}

static void http_add_header(struct http_get *g, const char *name, const char *value)
{
	char *line = xasprintf("%s: %s", name, value);

	g->headers = curl_slist_append(g->headers, line);
	free(line);
	if (!g->headers)
		mem_end("out of memory");
}

static void http_set_conditions(struct http_get *g)
{
	char range[32];

	if (g->sink.have) {
		const char *same = g->etag && strncmp(g->etag, "W/", 2) ? g->etag : g->modified;

		/* without a validator the digest of the whole file decides in the end */
		snprintf(range, sizeof(range), "%llu-", (unsigned long long)g->sink.have);
		curl_easy_setopt(g->easy, CURLOPT_RANGE, range);
		if (same)
			http_add_header(g, "If-Range", same);
	} else if (g->sink.fd < 0) {
		if (g->etag)
			http_add_header(g, "If-None-Match", g->etag);
		if (g->modified)
			http_add_header(g, "If-Modified-Since", g->modified);
	}
	if (g->fresh)
		http_add_header(g, "Cache-Control", "max-age=0");
	http_add_header(g, "Accept", "*/*");
	curl_easy_setopt(g->easy, CURLOPT_HTTPHEADER, g->headers);
}

static struct http_get *http_too_slow(const struct http *h)
{
	struct http_get *g = h->first;

	while (g && !g->too_slow)
		g = g->next;
	return g;
}

/* Gives up what was active for the whole of a window in which too little arrived. */
static void http_on_window(void *arg)
{
	struct http *h = arg;
	uint64_t rate = h->window_bytes / ((uint64_t)h->stall_s * SLOW_WINDOW);
	struct http_get *g;

	h->window_bytes = 0;
	for (g = h->first; g; g = g->next) {
		g->too_slow = g->easy && g->whole_window && rate < SLOW_RATE;
		g->whole_window = g->easy != NULL;
	}
	while ((g = http_too_slow(h))) { /* the end of one may cause the end of others */
		struct err e = ERR_INIT;

		http_fault_slow(g->url, rate, &e);
		http_give(g, NULL, &e);
		err_fini(&e);
	}
	http_pump(h);
}

static void http_window_begin(struct http_get *g)
{
	struct http *h = g->http;
	uint64_t ms = (uint64_t)h->stall_s * SLOW_WINDOW * 1000;

	g->whole_window = true;
	h->window_bytes = 0;
	h->window = loop_timer_start(h->loop, ms, ms, http_on_window, h);
}

static void http_begin(struct http_get *g)
{
	struct http *h = g->http;
	CURL *c = curl_easy_init();
	const char *ca = getenv("SSL_CERT_FILE"); /* as OpenSSL and curl use it */

	if (!c)
		mem_end("out of memory");
	g->easy = c;
	g->detail[0] = '\0';
	g->tried_port = 0;
	g->had = g->sink.have;
	http_sink_ask(&g->sink);
	curl_easy_setopt(c, CURLOPT_URL, g->url);
	curl_easy_setopt(c, CURLOPT_PRIVATE, g);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L); /* a cancel does not wait for name lookups */
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)(h->stall_s + 1) / 2);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)h->stall_s);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "debwiz");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, g->detail);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, http_on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, g);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, g);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, http_on_open);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, g);
	if (*h->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, h->proxy);
	if (ca && *ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, ca);
	http_set_conditions(g);
	g->whole_window = false;
	if (!h->active++)
		http_window_begin(g);
	curl_multi_add_handle(curl_loop_multi(h->curl), c);
}

/* Removes the transfer from the multi handle; what is known of it stays. */
static void http_leave(struct http_get *g)
{
	if (!g->easy)
		return;
	curl_multi_remove_handle(curl_loop_multi(g->http->curl), g->easy);
	curl_easy_cleanup(g->easy);
	curl_slist_free_all(g->headers);
	g->easy = NULL;
	g->headers = NULL;
	if (!--g->http->active) {
		loop_timer_stop(g->http->window);
		g->http->window = NULL;
	}
}

static void http_get_free(struct http_get *g)
{
	struct http_get **p = &g->http->first;

	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	http_leave(g);
	loop_timer_stop(g->wait);
	http_sink_fini(&g->sink);
	free(g->url);
	free(g->name);
	free(g->etag);
	free(g->modified);
	free(g);
}

static void http_give(struct http_get *g, const struct http_result *r, const struct err *e)
{
	http_done_fn done = g->done;
	void *arg = g->arg;

	if (e)
		log_msg("http", "%s: %s", g->name, e->text);
	g->ended = true;
	done(r, e, arg);
	http_get_free(g);
}

static void http_give_error(struct http_get *g, const struct http_fault *f)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (g->sink.err.kind != ERR_NONE)
		err_move(&e, &g->sink.err);
	else
		http_fault_explain(f, &e);
	http_give(g, NULL, &e);
}

static void http_give_result(struct http_get *g, long status)
{
	struct http_result r = {
		.not_modified = status == 304,
		.resumed = g->ranged,
		.etag = g->sink.etag,
		.modified = g->sink.modified,
		.body = g->sink.body.data,
		.size = g->sink.have,
	};

	if (r.not_modified) {
		r.etag = g->etag;
		r.modified = g->modified;
	} else {
		hash_end(g->sink.hash, r.sha256);
		g->sink.hash = NULL;
	}
	http_give(g, &r, NULL);
}

static void http_on_wait_over(void *arg)
{
	struct http_get *g = arg;

	loop_timer_stop(g->wait);
	g->wait = NULL;
	http_pump(g->http);
}

/* Queues the transfer again after a pause. */
static void http_again(struct http_get *g, uint64_t ms)
{
	g->wait = loop_timer_start(g->http->loop, ms, 0, http_on_wait_over, g);
}

/* Arranges another attempt; returns false if there is none. */
static bool http_retry(struct http_get *g, const struct http_fault *f, uint64_t retry_after)
{
	uint64_t now = loop_now(g->http->loop);
	uint64_t ms;
	unsigned max = g->attempts_max;

	if (g->sink.have >= g->had + PROGRESS) {
		g->attempts = 0;
		g->trouble_since = 0;
	}
	if (!g->trouble_since)
		g->trouble_since = now;
	if (max > 2 && (f->code == CURLE_OPERATION_TIMEDOUT || f->code == CURLE_COULDNT_CONNECT ||
			f->code == CURLE_COULDNT_RESOLVE_HOST))
		max = 2; /* it took long enough, or no server answers */
	if (!http_fault_is_passing(f) || ++g->attempts >= max)
		return false;
	ms = UINT64_C(1000) << (g->attempts - 1);
	if (retry_after * 1000 > ms)
		ms = retry_after * 1000;
	if (ms > WAIT_CAP || now + ms > g->trouble_since + TROUBLE_CAP)
		return false;
	log_msg("http", "%s: attempt %u in %llu ms", g->name, g->attempts + 1, (unsigned long long)ms);
	http_again(g, ms);
	return true;
}

static bool http_redirect(struct http_get *g, const char *to, struct err *e)
{
	if (++g->redirects > REDIRECTS) {
		err_set(e, ERR_NETWORK, "http-redirect", "%s redirects too often", g->name);
		err_hint(e, "name another mirror");
		return false;
	}
	if (http_redirect_check(g->url, to, e) < 0)
		return false;
	free(g->url);
	g->url = xstrdup(to);
	http_again(g, 0);
	return true;
}

static bool http_is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Keeps the validators for If-Range in the next attempt. */
static void http_keep_validators(struct http_get *g)
{
	if (!g->sink.counts || g->sink.fd < 0)
		return;
	free(g->etag);
	free(g->modified);
	g->etag = xstrdup(g->sink.etag);
	g->modified = xstrdup(g->sink.modified);
}

static int http_port_of(const char *url)
{
	CURLU *u = curl_url();
	char *text = NULL;
	int port = 0;

	if (u && !curl_url_set(u, CURLUPART_URL, url, 0) && !curl_url_get(u, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT))
		port = (int)strtol(text, NULL, 10);
	curl_free(text);
	curl_url_cleanup(u);
	return port;
}

static void http_on_ended(struct http_get *g, CURLcode code)
{
	struct http_fault f = {.code = code, .url = g->url, .detail = g->detail};
	curl_off_t retry_after = 0;
	char *proxy = http_proxy_named(g->http->proxy, g->url);
	char *to = NULL;
	char *target;

	curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &f.status);
	curl_easy_getinfo(g->easy, CURLINFO_HTTP_CONNECTCODE, &f.connect_status);
	curl_easy_getinfo(g->easy, CURLINFO_RETRY_AFTER, &retry_after);
	curl_easy_getinfo(g->easy, CURLINFO_REDIRECT_URL, &to);
	target = xstrdup(to);
	if (proxy && ((g->tried_port && g->tried_port != http_port_of(g->url)) || f.status == 407 ||
		      f.connect_status == 407 || code == CURLE_COULDNT_RESOLVE_PROXY))
		f.proxy = proxy;
	if (code == CURLE_OK && g->sink.counts && g->sink.size && g->sink.have < g->sink.size)
		f.code = CURLE_PARTIAL_FILE;
	log_msg("http", "%s: %d %ld %s", g->name, (int)f.code, f.status, g->detail);
	http_keep_validators(g);
	http_leave(g);

	if (g->sink.restart || (f.code == CURLE_OK && f.status == 416 && g->sink.have)) {
		free(g->etag);
		free(g->modified);
		g->etag = g->modified = NULL;
		g->ranged = false;
		err_fini(&g->sink.err);
		if (http_sink_reset(&g->sink) == 0 && ++g->attempts < g->attempts_max)
			http_again(g, 0);
		else
			http_give_error(g, &f);
	} else if (g->sink.err.kind != ERR_NONE) {
		http_give_error(g, &f);
	} else if (f.code == CURLE_OK && http_is_redirect(f.status) && target) {
		if (!http_redirect(g, target, &g->sink.err))
			http_give_error(g, &f);
	} else if (f.code == CURLE_OK && g->sink.counts) {
		g->ranged = g->ranged && f.status == 206;
		http_give_result(g, f.status);
	} else if (f.code == CURLE_OK && f.status == 304 && (g->etag || g->modified)) {
		http_give_result(g, f.status);
	} else {
		g->ranged = g->sink.have > 0;
		if (!http_retry(g, &f, retry_after > 0 ? (uint64_t)retry_after : 0))
			http_give_error(g, &f);
	}
	free(proxy);
	free(target);
}

static void http_on_acted(void *arg)
{
	struct http *h = arg;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(curl_loop_multi(h->curl), &left))) {
		struct http_get *g = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&g);
		http_on_ended(g, m->data.result);
	}
	http_pump(h);
}

/* Starts the queued transfers that may start now. */
static void http_pump(struct http *h)
{
	for (struct http_get *g = h->first; g && h->active < ACTIVE_MAX; g = g->next)
		if (!g->easy && !g->wait && !g->ended)
			http_begin(g);
}

static void http_on_first(void *arg)
{
	struct http_get *g = arg;
	AUTO_ERR struct err e = ERR_INIT;

	if (http_url_ok(g->url)) {
		http_on_wait_over(g);
		return;
	}
	err_set(&e, ERR_USAGE, "http-url", "%s is not a http or https address", g->name);
	http_give(g, NULL, &e);
}

struct http_get *http_get_start(struct http *h, const struct http_request *req, http_done_fn done, void *arg)
{
	struct http_get *g = xcalloc(1, sizeof(*g));
	struct http_get **p = &h->first;

	g->http = h;
	g->url = xstrdup(req->url);
	g->name = http_public_url(req->url);
	g->etag = xstrdup(req->etag);
	g->modified = xstrdup(req->modified);
	g->fresh = req->fresh;
	g->attempts_max = req->attempts ? req->attempts : ATTEMPTS;
	g->done = done;
	g->arg = arg;
	g->ranged = req->have > 0;
	g->sink = (struct http_sink){
		.name = g->name,
		.fd = req->fd,
		.size = req->size,
		.cap = req->cap,
		.have = req->have,
		.hash = req->hash ? req->hash : hash_new(),
	};
	buf_init(&g->sink.body, req->cap);
	while (*p)
		p = &(*p)->next;
	*p = g;
	g->wait = loop_timer_start(h->loop, 0, 0, http_on_first, g);
	return g;
}

void http_cancel(struct http_get *g)
{
	struct http *h;

	if (!g || g->ended)
		return;
	h = g->http;
	http_get_free(g);
	http_pump(h);
}

uint64_t http_received(const struct http_get *g)
{
	return g ? g->sink.have : 0;
}

const char *archive_libraries(void)
{
	return curl_version();
}
