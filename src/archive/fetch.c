/* SPDX-License-Identifier: MIT */
/*
 * fetch: see src/archive/fetch.h. States: look (pool) -> get (loop) -> store (pool) -> done; a
 * lock held elsewhere leads from look back to look after a pause. What reads or syncs whole files
 * runs on the pool. The lock on the part is held from look to done.
 */
#include "fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/mem.h"
#include "state.h"

#define BUSY_PAUSE 250	/* ms */
#define BUSY_CAP 300000 /* ms that another process may take */

enum look { LOOK_HIT, LOOK_PART, LOOK_BUSY, LOOK_ERROR };

struct fetch {
	struct archive_env *env;
	char *name;
	struct strv urls; /* those of the mirror, then those of others */
	size_t at;	  /* the URL in use */
	size_t own;	  /* how many are the mirror's */
	struct err vain;  /* why the mirror's were in vain */
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

/* Bytes of which nothing says that they are of another file. */
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
	struct err e = ERR_INIT;

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
	err_fini(&e);
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
		return; /* its end will see it */
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
	fetch_finish(f); /* a cancel that came too late changes nothing */
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
	/* that another mirror cannot be reached or is broken says nothing about ours */
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
	struct err e = ERR_INIT;

	if (!f->clean) { /* what was resumed may have been damaged: once more from the start */
		f->clean = true;
		if (fetch_empty_part(f) == 0)
			fetch_get(f);
		else
			fetch_finish(f);
		return;
	}
	err_set(&e, ERR_VERIFY, "fetch-mismatch", "%s has other content than the signed list says", f->name);
	err_hint(&e, "the mirror is being updated or is broken: try again later or name another");
	fetch_get_next(f, &e);
	err_fini(&e);
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
		.tries = f->at < f->own ? 0 : 1,
	};

	if (!f->have)
		f->clean = true;
	f->hash = NULL;
	f->get = http_get_start(f->env->http, &req, fetch_on_got, f);
}

/* --- look --- */

/* Takes stock of what an interrupted run left in the part: it may even be whole. */
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
