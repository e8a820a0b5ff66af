/* SPDX-License-Identifier: MIT */
/*
 * download: SHA512SUMS (loop, if no digest is given) -> look (pool) -> get (loop) -> check (pool) -> end. The lock on
 * the part is held from look to the end.
 */
#include "archive/download.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cache.h"
#include "base/mem.h"
#include "env.h"
#include "host/file.h"

#define LIST "SHA512SUMS"
#define LIST_MAX (1u << 20)
#define FILE_MAX (1ull << 40)
#define REPORT_EVERY 200 /* ms */
#define SHA512_HEX 128

struct download {
	struct archive_op op;
	struct archive_env env;
	char *url, *digest, *path;
	struct cache_part part;
	struct hash *hash; /* over what the part holds */
	uint64_t have;
	bool cached;  /* it is complete */
	bool resumed; /* part of the bytes is from an earlier run */
	bool working; /* on the pool */
	bool cancelled;
	struct http_get *get;
	struct loop_timer *report, *end;
	struct err err;
	archive_progress_fn progress;
	void (*done)(const char *path, const char *digest, const struct err *e, void *arg);
	void *arg;
};

/* ---- the end ---- */

static void download_on_end(void *arg)
{
	struct download *d = arg;
	void (*done)(const char *, const char *, const struct err *, void *) = d->done;
	AUTO_FREE char *path = d->path, *digest = d->digest;
	AUTO_ERR struct err e = ERR_INIT;
	void *user = d->arg;

	if (d->part.path)
		cache_abandon(&d->part, d->err.kind == ERR_NETWORK || d->err.kind == ERR_INTERRUPTED);
	err_move(&e, &d->err);
	loop_timer_stop(d->report);
	loop_timer_stop(d->end);
	hash_free(d->hash);
	archive_env_fini(&d->env);
	free(d->url);
	free(d);
	if (e.kind == ERR_NONE)
		done(path, digest, NULL, user);
	else
		done(NULL, NULL, &e, user);
}

/* Ends it at the loop's next turn: the transfers must be freed outside of their callbacks. */
static void download_finish(struct download *d)
{
	if (!d->end)
		d->end = loop_timer_start(d->env.loop, 0, 0, download_on_end, d);
}

static void download_cancel(struct archive_op *op)
{
	struct download *d = (struct download *)op;

	if (d->cancelled || d->end)
		return;
	d->cancelled = true;
	err_fini(&d->err);
	err_set(&d->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	if (d->working)
		return; /* its end checks it */
	http_cancel(d->get);
	d->get = NULL;
	download_finish(d);
}

static void download_on_report(void *arg)
{
	struct download *d = arg;

	if (d->progress && d->get && d->part.path)
		d->progress(http_received(d->get), 0, "", d->arg);
}

/* ---- check ---- */

static void download_get(struct download *d);

/* Checks a complete part, and gives it its name. A wrong one is emptied. */
static void download_check_work(void *arg)
{
	struct download *d = arg;
	bool same;

	if (hash_check_fd(d->part.fd, d->digest, &same, &d->err) < 0)
		return;
	if (same) {
		d->cached = cache_commit(&d->part, &d->err) == 0;
		return;
	}
	d->have = 0;
	if (ftruncate(d->part.fd, 0) < 0 || lseek(d->part.fd, 0, SEEK_SET) < 0)
		err_errno(&d->err, errno, "cache-write", "cannot write %s", d->part.path);
}

static void download_check_done(void *arg)
{
	struct download *d = arg;
	AUTO_FREE char *url = NULL;

	d->working = false;
	if (!d->cached && !d->err.kind && d->resumed) { /* the earlier bytes may be of another version */
		d->resumed = false;
		download_get(d);
		return;
	}
	if (!d->cached && !d->err.kind) {
		url = http_public_url(d->url);
		err_set(&d->err, ERR_VERIFY, "download-digest", "%s is not the file with the digest %.16s…", url,
			d->digest);
		err_hint(&d->err, "if the publisher has replaced the file, write its new digest");
	}
	download_finish(d);
}

/* ---- get ---- */

static void download_on_got(const struct http_result *r, const struct err *e, void *arg)
{
	struct download *d = arg;

	d->get = NULL;
	if (e) {
		err_copy(&d->err, e);
		download_finish(d);
		return;
	}
	d->resumed = r->resumed;
	d->working = true;
	loop_work(d->env.loop, download_check_work, download_check_done, d);
}

static void download_get(struct download *d)
{
	struct http_request req = {.url = d->url, .cap = FILE_MAX, .fd = d->part.fd, .have = d->have, .hash = d->hash};

	d->hash = NULL;
	d->get = http_get_start(d->env.http, &req, download_on_got, d);
}

/* ---- look ---- */

/* Hashes what an earlier run left, which may be complete. */
static void download_look_at_part(struct download *d)
{
	const size_t chunk = 256 * 1024;
	AUTO_FREE char *p = xmalloc(chunk);
	bool same = false;
	ssize_t n;

	if (hash_check_fd(d->part.fd, d->digest, &same, &d->err) < 0)
		return;
	if (same) {
		d->cached = cache_commit(&d->part, &d->err) == 0;
		return;
	}
	d->hash = hash_new();
	if (lseek(d->part.fd, 0, SEEK_SET) < 0)
		return;
	while ((n = read(d->part.fd, p, chunk)) > 0) {
		hash_add(d->hash, p, (size_t)n);
		d->have += (uint64_t)n;
	}
	if (!d->have) {
		hash_free(d->hash);
		d->hash = NULL;
	}
}

/* Finds a cached file; a damaged one is removed. */
static bool download_is_cached(struct download *d)
{
	uint64_t size;
	bool same = false;
	int fd = cache_open_at(d->path, &size, NULL);

	if (fd < 0)
		return false;
	if (hash_check_fd(fd, d->digest, &same, NULL) < 0 || !same)
		unlink(d->path);
	else
		futimens(fd, NULL); /* "used today", for archive_cache_gc */
	close(fd);
	return same;
}

static void download_look_work(void *arg)
{
	struct download *d = arg;
	int r;

	d->path = xasprintf("%s/" CACHE_FILES "/%s", d->env.cache_dir, d->digest);
	d->cached = download_is_cached(d);
	if (d->cached)
		return;
	if (d->env.offline) {
		AUTO_FREE char *url = http_public_url(d->url);

		err_set(&d->err, ERR_NETWORK, "offline-missing", "%s is not in the cache", url);
		err_hint(&d->err, "run once without --offline");
		return;
	}
	r = cache_begin_at(d->path, &d->part, &d->err);
	if (r > 0) {
		err_set(&d->err, ERR_BUSY, "cache-busy", "another debwiz is downloading the same file");
		err_hint(&d->err, "wait for it, and run the same command again");
	} else if (!r) {
		download_look_at_part(d);
	}
}

static void download_look_done(void *arg)
{
	struct download *d = arg;

	d->working = false;
	if (d->cancelled || d->cached || d->err.kind)
		download_finish(d);
	else
		download_get(d);
}

static void download_look(struct download *d)
{
	for (char *p = d->digest; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	d->working = true;
	loop_work(d->env.loop, download_look_work, download_look_done, d);
}

/* ---- SHA512SUMS ---- */

/* Returns the digest of the file in a list as sha512sum writes it ("DIGEST  NAME" or "DIGEST *NAME"); owned, NULL: it
 * is not listed. */
static char *download_find(const char *list, const char *name)
{
	AUTO_STRV struct strv lines = STRV_INIT;

	strv_split(&lines, list, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		const char *line = lines.items[i];
		size_t n = strspn(line, "0123456789abcdefABCDEF");

		if (n == SHA512_HEX && line[n] == ' ' && (line[n + 1] == ' ' || line[n + 1] == '*') &&
		    !strcmp(line + n + 2, name))
			return xstrndup(line, n);
	}
	return NULL;
}

static void download_on_list(const struct http_result *r, const struct err *e, void *arg)
{
	struct download *d = arg;
	const char *name = file_basename(d->url);

	d->get = NULL;
	if (e && strcmp(e->id, "http-404") != 0) {
		err_copy(&d->err, e);
	} else {
		d->digest = e ? NULL : download_find(r->body, name);
		if (d->digest) {
			download_look(d);
			return;
		}
		err_set(&d->err, ERR_VERIFY, "download-unlisted", "%s, and so its digest is not known",
			e ? "there is no file " LIST " beside the image" : "the file " LIST " does not list the image");
		err_hint(&d->err,
			 "write image_digest = DIGEST (SHA-256 or SHA-512, as its publisher gives it) in [disk]");
	}
	download_finish(d);
}

static void download_list(struct download *d)
{
	AUTO_FREE char *url = xasprintf("%.*s" LIST, (int)(file_basename(d->url) - d->url), d->url);
	struct http_request req = {.url = url, .cap = LIST_MAX, .fd = -1, .fresh = true};

	d->get = http_get_start(d->env.http, &req, download_on_list, d);
}

struct archive_op *download_start(struct loop *l, const struct download_conf *conf, archive_progress_fn progress,
				  void (*done)(const char *path, const char *digest, const struct err *e, void *arg),
				  void *arg)
{
	struct download *d = xcalloc(1, sizeof(*d));

	d->op.cancel = download_cancel;
	archive_env_init(&d->env, l, conf->cache_dir, conf->proxy, 0, NULL);
	d->env.offline = conf->offline;
	d->url = xstrdup(conf->url);
	d->part.fd = -1;
	d->progress = progress;
	d->done = done;
	d->arg = arg;
	d->report = loop_timer_start(l, REPORT_EVERY, REPORT_EVERY, download_on_report, d);
	if (*conf->digest) {
		d->digest = xstrdup(conf->digest);
		download_look(d);
	} else if (conf->offline) {
		err_set(&d->err, ERR_NETWORK, "offline-missing", "the digest of %s is not known without network",
			d->url);
		err_hint(&d->err, "run once without --offline, or write image_digest in [disk]");
		download_finish(d);
	} else {
		download_list(d);
	}
	return &d->op;
}
