/* SPDX-License-Identifier: MIT */
/*
 * fetch: downloads one file, or a set of files, into the cache. States of a file: look (pool) -> get (loop) ->
 * store (pool) -> done; if another process has the lock, look is repeated after a pause. What reads or syncs whole
 * files runs on the pool. The lock on the part is held from look to done.
 */
#include "fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/mem.h"
#include "base/size.h"
#include "state.h"

#define BUSY_PAUSE 250	/* ms */
#define BUSY_CAP 300000 /* ms that another process may take */

enum look { LOOK_HIT, LOOK_PART, LOOK_BUSY, LOOK_ERROR };

struct fetch {
	struct archive_env *env;
	char *name;
	struct strv urls; /* those of the mirror, then those of others */
	size_t at;	  /* index of the URL in use */
	size_t own;	  /* the number of the mirror's */
	struct err vain;  /* why the mirror's failed */
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
	bool fresh, cancelled, working, clean;
	enum look found;
	struct cache_part part;
	struct hash *hash; /* over what the part holds */
	uint64_t have;
	uint64_t busy_since;
	struct http_get *get;
	struct loop_timer *timer;
	struct err err;
	void (*done)(const struct err *e, void *arg);
	void *arg;
};

static void fetch_look(struct fetch *f);

/* Returns the bytes that are not known to belong to another file. */
static bool fetch_is_worth_keeping(const struct fetch *f)
{
	if (!f->have || (f->err.kind != ERR_NETWORK && f->err.kind != ERR_INTERRUPTED))
		return false;
	return f->have == f->size || !fetch_error_is_stale(&f->err);
}

static void fetch_finish(struct fetch *f)
{
	void (*done)(const struct err *, void *) = f->done;
	void *arg = f->arg;
	AUTO_ERR struct err e = ERR_INIT;

	if (f->part.path)
		cache_abandon(&f->part, fetch_is_worth_keeping(f));
	err_move(&e, &f->err);
	loop_timer_stop(f->timer);
	hash_free(f->hash);
	strv_fini(&f->urls);
	err_fini(&f->vain);
	free(f->name);
	free(f);
	done(e.kind == ERR_NONE ? NULL : &e, arg);
}

static void fetch_on_interrupted(void *arg)
{
	struct fetch *f = arg;

	err_set(&f->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	fetch_finish(f);
}

void fetch_cancel(struct fetch *f)
{
	if (!f || f->cancelled)
		return;
	f->cancelled = true;
	if (f->working)
		return; /* its end checks it */
	f->have = fetch_received(f);
	http_cancel(f->get);
	f->get = NULL;
	loop_timer_stop(f->timer);
	f->timer = loop_timer_start(f->env->loop, 0, 0, fetch_on_interrupted, f);
}

uint64_t fetch_received(const struct fetch *f)
{
	return f->get ? http_received(f->get) : f->have;
}

bool fetch_error_is_stale(const struct err *e)
{
	return !strcmp(e->id, "http-404") || !strcmp(e->id, "http-size") || !strcmp(e->id, "fetch-mismatch");
}

bool fetch_error_is_slow(const struct err *e)
{
	return !strcmp(e->id, "http-slow");
}

/* --- store --- */

static void fetch_store_work(void *arg)
{
	struct fetch *f = arg;

	cache_commit(&f->part, &f->err);
}

static void fetch_store_done(void *arg)
{
	struct fetch *f = arg;

	f->working = false;
	fetch_finish(f); /* a cancel that comes too late has no effect */
}

static void fetch_store(struct fetch *f)
{
	f->have = f->size;
	f->working = true;
	loop_work(f->env->loop, fetch_store_work, fetch_store_done, f);
}

/* --- get --- */

static int fetch_empty_part(struct fetch *f)
{
	f->have = 0;
	hash_free(f->hash);
	f->hash = NULL;
	if (ftruncate(f->part.fd, 0) < 0 || lseek(f->part.fd, 0, SEEK_SET) < 0)
		return err_errno(&f->err, errno, "cache-write", "cannot write %s", f->part.path);
	return 0;
}

static void fetch_get(struct fetch *f);

static void fetch_get_next(struct fetch *f, const struct err *e)
{
	bool foreign = f->at >= f->own;
	/* an unreachable or broken other mirror proves nothing about ours */
	bool in_vain = fetch_error_is_stale(e) || fetch_error_is_slow(e) || (foreign && e->kind == ERR_NETWORK);

	if (in_vain && f->at + 1 < f->urls.len) {
		if (++f->at == f->own)
			err_copy(&f->vain, e);
		f->clean = false;
		if (fetch_empty_part(f) == 0)
			fetch_get(f);
		else
			fetch_finish(f);
		return;
	}
	err_copy(&f->err, in_vain && foreign ? &f->vain : e);
	fetch_finish(f);
}

static void fetch_mismatch(struct fetch *f)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (!f->clean) { /* resumed bytes may have been damaged: again from the start */
		f->clean = true;
		if (fetch_empty_part(f) == 0)
			fetch_get(f);
		else
			fetch_finish(f);
		return;
	}
	err_set(&e, ERR_VERIFY, "fetch-mismatch", "the content of %s differs from the signed list", f->name);
	err_hint(&e, "the mirror is being updated or is broken: try again later or name another");
	fetch_get_next(f, &e);
}

static void fetch_on_got(const struct http_result *r, const struct err *e, void *arg)
{
	struct fetch *f = arg;

	f->have = http_received(f->get);
	f->get = NULL;
	if (e)
		fetch_get_next(f, e);
	else if (r->size != f->size || memcmp(r->sha256, f->sha256, HASH_SIZE))
		fetch_mismatch(f);
	else
		fetch_store(f);
}

static void fetch_get(struct fetch *f)
{
	struct http_request req = {
		.url = f->urls.items[f->at],
		.size = f->size,
		.cap = f->size,
		.fd = f->part.fd,
		.have = f->have,
		.hash = f->hash,
		.fresh = f->fresh,
		.attempts = f->at < f->own ? 0 : 1,
	};

	if (!f->have)
		f->clean = true;
	f->hash = NULL;
	f->get = http_get_start(f->env->http, &req, fetch_on_got, f);
}

/* --- look --- */

/* Checks what an interrupted run left in the part: it may be complete. */
static enum look fetch_look_at_part(struct fetch *f)
{
	const size_t chunk = 256 * 1024;
	char *p = xmalloc(chunk);
	uint8_t digest[HASH_SIZE];
	ssize_t n;

	f->hash = hash_new();
	f->have = 0;
	lseek(f->part.fd, 0, SEEK_SET);
	while ((n = read(f->part.fd, p, chunk)) > 0 && f->have <= f->size) {
		hash_add(f->hash, p, (size_t)n);
		f->have += (uint64_t)n;
	}
	free(p);
	if (n == 0 && f->have == f->size) {
		hash_end(f->hash, digest);
		f->hash = NULL;
		if (!memcmp(digest, f->sha256, HASH_SIZE))
			return cache_commit(&f->part, &f->err) < 0 ? LOOK_ERROR : LOOK_HIT;
	}
	if ((n < 0 || f->have >= f->size) && fetch_empty_part(f) < 0)
		return LOOK_ERROR;
	return LOOK_PART;
}

static void fetch_look_work(void *arg)
{
	struct fetch *f = arg;
	int fd = archive_cache_open(f->env->cache_dir, f->sha256, f->size, true, &f->err);

	if (fd >= 0) {
		close(fd);
		f->have = f->size;
		f->found = LOOK_HIT;
		return;
	}
	if (strcmp(f->err.id, "cache-missing") && strcmp(f->err.id, "cache-damaged")) {
		f->found = LOOK_ERROR;
		return;
	}
	err_fini(&f->err);
	if (f->env->offline) {
		err_set(&f->err, ERR_NETWORK, "offline-missing", "%s is not in the cache", f->name);
		err_hint(&f->err, "run once without --offline");
		f->found = LOOK_ERROR;
		return;
	}
	switch (cache_begin(f->env->cache_dir, f->sha256, &f->part, &f->err)) {
	case 0:
		f->found = fetch_look_at_part(f);
		break;
	case 1:
		f->found = LOOK_BUSY;
		break;
	default:
		f->found = LOOK_ERROR;
	}
}

static void fetch_on_pause_over(void *arg)
{
	struct fetch *f = arg;

	loop_timer_stop(f->timer);
	f->timer = NULL;
	fetch_look(f);
}

static void fetch_look_done(void *arg)
{
	struct fetch *f = arg;
	uint64_t now = loop_now(f->env->loop);

	f->working = false;
	if (f->cancelled) {
		fetch_on_interrupted(f);
	} else if (f->found == LOOK_PART) {
		fetch_get(f);
	} else if (f->found == LOOK_BUSY) {
		if (!f->busy_since)
			f->busy_since = now;
		if (now - f->busy_since < BUSY_CAP) {
			f->timer = loop_timer_start(f->env->loop, BUSY_PAUSE, 0, fetch_on_pause_over, f);
			return;
		}
		err_set(&f->err, ERR_BUSY, "cache-busy", "another debwiz has been fetching %s for minutes", f->name);
		err_hint(&f->err, "wait for it or stop it, then try again");
		fetch_finish(f);
	} else {
		fetch_finish(f);
	}
}

static void fetch_look(struct fetch *f)
{
	f->working = true;
	loop_work(f->env->loop, fetch_look_work, fetch_look_done, f);
}

struct fetch *fetch_start(struct archive_env *env, const struct fetch_request *req,
			  void (*done)(const struct err *e, void *arg), void *arg)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->env = env;
	f->name = xstrdup(req->name);
	strv_copy(&f->urls, req->urls);
	f->own = f->urls.len;
	for (size_t i = 0; req->others && i < req->others->len; i++)
		strv_add(&f->urls, req->others->items[i]);
	f->size = req->size;
	memcpy(f->sha256, req->sha256, HASH_SIZE);
	f->fresh = req->fresh;
	f->part.fd = -1;
	f->done = done;
	f->arg = arg;
	fetch_look(f);
	return f;
}

/* ---- Sets of files */

#define WINDOW 16 /* concurrent files: each has a descriptor and a lock */
#define RETRIES 2 /* of a missing file that the index lists */
#define RETRY_PAUSE 2000
#define REPORT_EVERY 100 /* ms */

struct fetch_op;

struct item {
	struct fetch_op *op;
	char *name;
	char *url;
	struct strv others; /* URLs on other mirrors */
	uint64_t size;
	uint8_t sha256[HASH_SIZE];
	unsigned retries;
	struct fetch *fetch;
	struct loop_timer *pause;
};

struct fetch_op {
	struct archive_op op;
	struct archive *a;
	struct item *items;
	size_t len, next, active, ready;
	const char *noun; /* what the items are */
	uint64_t total, done_bytes;
	struct loop_timer *report, *end;
	struct err err;
	archive_progress_fn progress;
	void (*done)(const struct err *e, void *arg);
	void *arg;
};

static void fetch_set_on_end(void *arg)
{
	struct fetch_op *op = arg;
	void (*done)(const struct err *, void *) = op->done;
	void *user = op->arg;
	AUTO_ERR struct err e = ERR_INIT;

	err_move(&e, &op->err);
	for (size_t i = 0; i < op->len; i++) {
		free(op->items[i].name);
		free(op->items[i].url);
		strv_fini(&op->items[i].others);
	}
	free(op->items);
	loop_timer_stop(op->end);
	loop_timer_stop(op->report);
	free(op);
	done(e.kind == ERR_NONE ? NULL : &e, user);
}

static void fetch_set_report(void *arg)
{
	struct fetch_op *op = arg;
	uint64_t done = op->done_bytes;
	const char *name = NULL;
	char count[SIZE_TEXT];
	char *text;

	for (size_t i = 0; i < op->next; i++) {
		if (!op->items[i].fetch)
			continue;
		done += fetch_received(op->items[i].fetch);
		if (!name)
			name = op->items[i].name;
	}
	if (!op->progress)
		return;
	count_human(op->len, op->noun, count);
	text = name ? xasprintf("%zu of %s, %s", op->ready, count, name) : xasprintf("%zu of %s", op->ready, count);
	op->progress(done, op->total, text, op->arg);
	free(text);
}

static void fetch_set_fill(struct fetch_op *op);

static void fetch_set_check_end(struct fetch_op *op)
{
	if (op->end || op->active)
		return;
	if (op->err.kind == ERR_NONE && op->next < op->len)
		return;
	fetch_set_report(op);
	op->end = loop_timer_start(op->a->env.loop, 0, 0, fetch_set_on_end, op);
}

static void fetch_set_stop_all(struct fetch_op *op)
{
	for (size_t i = 0; i < op->next; i++) {
		struct item *it = &op->items[i];

		fetch_cancel(it->fetch);
		if (it->pause) {
			loop_timer_stop(it->pause);
			it->pause = NULL;
			op->active--;
		}
	}
	fetch_set_check_end(op);
}

static void fetch_set_cancel(struct archive_op *base)
{
	struct fetch_op *op = (struct fetch_op *)base;

	if (op->err.kind != ERR_NONE || op->end)
		return;
	err_set(&op->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	fetch_set_stop_all(op);
}

static void fetch_set_start(struct item *it);

static void fetch_set_on_pause_over(void *arg)
{
	struct item *it = arg;

	loop_timer_stop(it->pause);
	it->pause = NULL;
	it->op->active--;
	fetch_set_start(it);
}

static void fetch_set_on_fetched(const struct err *e, void *arg)
{
	struct item *it = arg;
	struct fetch_op *op = it->op;

	it->fetch = NULL;
	op->active--;
	if (!e) {
		op->done_bytes += it->size;
		op->ready++;
		fetch_set_fill(op);
	} else if (op->err.kind != ERR_NONE) {
		fetch_set_check_end(op);
	} else if (it->retries < RETRIES && (fetch_error_is_stale(e) || (fetch_error_is_slow(e) && it->others.len))) {
		it->retries = fetch_error_is_slow(e) ? RETRIES : it->retries + 1;
		op->active++;
		it->pause = loop_timer_start(op->a->env.loop, RETRY_PAUSE, 0, fetch_set_on_pause_over, it);
	} else {
		err_copy(&op->err, e);
		if (fetch_error_is_stale(e)) {
			err_set(&op->err, ERR_NETWORK, "mirror-updating",
				"the mirror does not have what its index lists, it is being updated: %s", e->text);
			err_hint(&op->err, "try again later or name another mirror");
		}
		fetch_set_stop_all(op);
	}
}

static void fetch_set_start(struct item *it)
{
	struct fetch_request req = {.name = it->name,
				    .size = it->size,
				    .fresh = it->retries > 0,
				    .others = it->retries == RETRIES ? &it->others : NULL};
	AUTO_STRV struct strv urls = STRV_INIT;

	strv_add(&urls, it->url);
	req.urls = &urls;
	memcpy(req.sha256, it->sha256, HASH_SIZE);
	it->op->active++;
	it->fetch = fetch_start(&it->op->a->env, &req, fetch_set_on_fetched, it);
}

static void fetch_set_fill(struct fetch_op *op)
{
	while (op->err.kind == ERR_NONE && op->active < WINDOW && op->next < op->len)
		fetch_set_start(&op->items[op->next++]);
	fetch_set_check_end(op);
}

static int fetch_set_by_size(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Adds its URLs on the other mirrors of its suite. */
static void fetch_set_find_others(const struct archive *a, const struct package *p, struct strv *out)
{
	for (size_t i = 0; i < a->suite_count; i++) {
		const struct suite *s = a->suites[i];
		size_t n = strlen(s->pub.base);

		/* the longest base that matches is the right one; equal bases have equal others */
		if (strncmp(p->url, s->pub.base, n) || p->url[n] != '/' || out->len)
			continue;
		for (size_t k = 0; k < s->others.len; k++)
			strv_addf(out, "%s%s", s->others.items[k], p->url + n);
	}
}

struct archive_op *archive_fetch(struct archive *a, const struct package_set *set, archive_progress_fn progress,
				 void (*done)(const struct err *e, void *arg), void *arg)
{
	struct fetch_op *op = xcalloc(1, sizeof(*op));

	op->op.cancel = fetch_set_cancel;
	op->a = a;
	op->progress = progress;
	op->done = done;
	op->arg = arg;
	op->len = set->len;
	op->noun = set->len && !*set->items[0].version ? "file" : "package";
	op->items = xcalloc(set->len + 1, sizeof(*op->items));
	for (size_t i = 0; i < set->len; i++) {
		const struct package *p = &set->items[i];

		op->items[i] = (struct item){.op = op, .size = p->size};
		op->items[i].name = xasprintf("%s%s%s", p->name, *p->version ? " " : "", p->version);
		op->items[i].url = xstrdup(p->url);
		memcpy(op->items[i].sha256, p->sha256, HASH_SIZE);
		fetch_set_find_others(a, p, &op->items[i].others);
		op->total += p->size;
	}
	mem_sort(op->items, op->len, sizeof(*op->items), fetch_set_by_size);
	op->report = loop_timer_start(a->env.loop, REPORT_EVERY, REPORT_EVERY, fetch_set_report, op);
	fetch_set_fill(op);
	return &op->op;
}
