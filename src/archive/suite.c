/* SPDX-License-Identifier: MIT */
/*
 * suite: gets one suite's release file. For each base: looks for a local copy, requests the file (with its
 * validators) and checks it on a pool thread; the first accepted one ends it.
 */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "floor.h"

struct suite_get {
	struct archive_env *env;
	char *name;
	char *arch;
	struct strv bases;
	size_t at;
	struct verify_keys *keys;
	const struct strv *debian, *pinned;
	bool fresh, cancelled, working;
	char *url;
	struct floor_copy copy; /* what an earlier run stored */
	bool has_copy;
	struct buf bytes; /* what is checked */
	struct verified text;
	struct floor floor; /* of this suite, if the mirror's is older: */
	enum floor_verdict below;
	char *floor_key, *floor_origin; /* whose floor it is */
	char *version;			/* of the mirror's */
	bool kept;			/* the bytes are those of the floor instead */
	time_t served;			/* the date of the mirror's */
	char *etag, *modified;
	struct http_get *get;
	struct loop_timer *timer;
	struct suite *suite;
	struct err err;	  /* of the base in use */
	struct err first; /* of the first base */
	suite_done_fn done;
	void *arg;
};

static void suite_next_base(void *arg);

void suite_free(struct suite *s)
{
	if (!s)
		return;
	free(s->pub.suite);
	free(s->pub.codename);
	free(s->pub.version);
	free(s->pub.origin);
	free(s->pub.label);
	free(s->pub.base);
	strv_fini(&s->pub.signers);
	strv_fini(&s->pub.architectures);
	release_fini(&s->release);
	strv_fini(&s->warnings);
	strv_fini(&s->others);
	free(s);
}

static void suite_forget_try(struct suite_get *g)
{
	floor_copy_fini(&g->copy);
	g->has_copy = false;
	buf_fini(&g->bytes);
	verified_fini(&g->text);
	floor_fini(&g->floor);
	g->below = FLOOR_FINE;
	g->kept = false;
	free(g->floor_key);
	free(g->floor_origin);
	free(g->version);
	g->floor_key = g->floor_origin = g->version = NULL;
	free(g->url);
	free(g->etag);
	free(g->modified);
	g->url = g->etag = g->modified = NULL;
}

static void suite_finish(struct suite_get *g)
{
	suite_done_fn done = g->done;
	void *arg = g->arg;
	struct suite *s = g->suite;
	AUTO_ERR struct err e = ERR_INIT;

	if (!s)
		err_move(&e, &g->err);
	suite_forget_try(g);
	loop_timer_stop(g->timer);
	strv_fini(&g->bases);
	err_fini(&g->err);
	err_fini(&g->first);
	free(g->name);
	free(g->arch);
	free(g);
	done(s, s ? NULL : &e, arg);
}

static void suite_on_interrupted(void *arg)
{
	struct suite_get *g = arg;

	suite_free(g->suite);
	g->suite = NULL;
	err_set(&g->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	suite_finish(g);
}

void suite_get_cancel(struct suite_get *g)
{
	if (!g || g->cancelled)
		return;
	g->cancelled = true;
	if (g->working)
		return; /* its end checks it */
	http_cancel(g->get);
	g->get = NULL;
	loop_timer_stop(g->timer);
	g->timer = loop_timer_start(g->env->loop, 0, 0, suite_on_interrupted, g);
}

/* Continues with the next base after g->err, or ends. */
static void suite_give_up_base(struct suite_get *g)
{
	bool final = !strcmp(g->err.id, "release-arch"); /* it is the same on every mirror */

	log_msg("archive", "%s: %s", g->url, g->err.text);
	if (g->at + 1 < g->bases.len && !final) {
		if (g->first.kind == ERR_NONE)
			err_move(&g->first, &g->err);
		err_fini(&g->err);
		g->at++;
		g->timer = loop_timer_start(g->env->loop, 0, 0, suite_next_base, g);
		return;
	}
	if (g->first.kind != ERR_NONE && !final) {
		err_set(&g->err, g->first.kind, g->first.id, "no mirror gives a usable %s: %s; %zu more tried in vain",
			g->name, g->first.text, g->at);
		if (g->first.hint)
			err_hint(&g->err, "%s", g->first.hint);
	}
	suite_finish(g);
}

/* --- judging: the signature on the loop's thread, the rest on the pool --- */

static int suite_older_error(struct suite_get *g)
{
	char served[RELEASE_TIME];
	char seen[RELEASE_TIME];

	err_set(&g->err, ERR_VERIFY, "release-older", "the release file of %s is of %s, but one of %s was seen before",
		g->name, release_time(g->served, served), release_time(g->floor.date, seen));
	return err_hint(&g->err, "the mirror is out of date: name another or try again later");
}

static int suite_version_error(struct suite_get *g)
{
	err_set(&g->err, ERR_VERIFY, "release-version",
		"the release file of %s says version %s, but %s was seen before", g->name, g->version,
		g->floor.version);
	return err_hint(&g->err, "name another mirror");
}

static size_t suite_debian_signers(const struct suite_get *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->text.signers.len; i++)
		n += strv_has(g->debian, g->text.signers.items[i]);
	return n;
}

/* Lists the keys whose floors the release file raises and must not be below. */
static void suite_floor_keys(const struct suite_get *g, struct strv *out)
{
	if (suite_debian_signers(g))
		strv_add(out, FLOOR_DEBIAN);
	else
		strv_copy(out, &g->text.signers);
}

static bool suite_is_below(struct suite_get *g, const char *key, const struct release *r)
{
	struct floor f;

	if (!floor_load(g->env->cache_dir, key, r->origin, g->name, &f))
		return false;
	g->below = floor_compare(&f, r);
	if (g->below == FLOOR_FINE) {
		floor_fini(&f);
		return false;
	}
	g->floor = f;
	g->floor_key = xstrdup(key);
	g->floor_origin = xstrdup(r->origin);
	g->served = r->date;
	g->version = xstrdup(r->version);
	return true;
}

static int suite_check_floor(struct suite_get *g, const struct release *r)
{
	char served[RELEASE_TIME];
	char seen[RELEASE_TIME];
	struct strv keys = STRV_INIT;
	bool below = false;

	if (g->kept) {
		char *base = http_public_url(g->bases.items[g->at]);

		strv_addf(&g->suite->warnings,
			  "%s serves %s as of %s, older than what was seen before: that of %s is used", base, g->name,
			  release_time(g->served, served), release_time(g->floor.date, seen));
		free(base);
		return 0;
	}
	if (!g->env->floor)
		return 0;
	suite_floor_keys(g, &keys);
	for (size_t i = 0; i < keys.len && !below; i++)
		below = suite_is_below(g, keys.items[i], r);
	strv_fini(&keys);
	return below ? -1 : 0;
}

/* Records what was accepted. */
static int suite_remember(struct suite_get *g)
{
	const char *dir = g->env->cache_dir;
	const struct buf *b = &g->bytes;
	struct strv keys = STRV_INIT;
	int r = 0;

	if (g->env->offline || g->kept)
		return 0;
	if (floor_copy_store(dir, g->url, b->data, b->len, g->etag, g->modified, &g->err) < 0)
		return -1;
	if (!g->env->floor)
		return 0;
	suite_floor_keys(g, &keys);
	for (size_t i = 0; i < keys.len && !r; i++)
		r = floor_raise(dir, keys.items[i], &g->suite->release, g->name, b->data, b->len, &g->err);
	strv_fini(&keys);
	return r;
}

static void suite_judge_work(void *arg)
{
	struct suite_get *g = arg;
	struct release_want want = {.suite = g->name, .arch = g->arch, .now = g->env->now(), .old = !g->env->floor};
	struct suite *s = xcalloc(1, sizeof(*s));
	int r;

	g->suite = s;
	r = release_parse(g->text.text.data, g->text.text.len, &s->release, &g->err);
	if (!r)
		r = release_check(&s->release, &want, &s->warnings, &g->err);
	if (!r)
		r = suite_check_floor(g, &s->release);
	if (!r)
		r = suite_remember(g);
	if (r < 0) {
		suite_free(s);
		g->suite = NULL;
	}
}

static void suite_publish(struct suite_get *g)
{
	struct archive_suite *p = &g->suite->pub;
	const struct release *r = &g->suite->release;

	p->suite = xstrdup(g->name);
	p->codename = xstrdup(r->codename);
	p->version = xstrdup(r->version);
	p->origin = xstrdup(r->origin);
	p->label = xstrdup(r->label);
	p->base = xstrdup(g->bases.items[g->at]);
	p->date = r->date;
	p->valid_until = r->valid_until;
	strv_copy(&p->architectures, &r->architectures);
	strv_copy(&p->signers, &g->text.signers);
	p->debian_signers = suite_debian_signers(g);
}

static void suite_refused(struct suite_get *g)
{
	if (g->bases.len > 1) {
		char *base = http_public_url(g->bases.items[g->at]);

		err_prefix(&g->err, "%s", base);
		free(base);
	}
	suite_give_up_base(g);
}

static void suite_judge(struct suite_get *g);

/* Returns whether the floor was recorded by an earlier version, which had one floor for all keys, and the release
 * file that raised it is not signed by the keys that are compared: then it is ignored. */
static bool suite_is_foreign_floor(struct suite_get *g, const struct buf *bytes)
{
	struct verified text;
	bool foreign = true;

	if (!g->floor.keyless)
		return false;
	if (verify_bytes(bytes->data, bytes->len, g->keys, g->debian, g->env->now(), &text, NULL) == 0) {
		foreign = false;
		verified_fini(&text);
	}
	return foreign;
}

/* The mirror is older than what was seen before: uses the newer release file of the cache. A lower version than the
 * one seen before is refused. */
static void suite_judge_below(struct suite_get *g)
{
	struct buf bytes;
	bool cached = floor_bytes(g->env->cache_dir, &g->floor, &bytes);

	if (cached && suite_is_foreign_floor(g, &bytes)) {
		floor_forget(g->env->cache_dir, g->floor_key, g->floor_origin, g->name);
		buf_fini(&bytes);
		floor_fini(&g->floor);
		verified_fini(&g->text);
		g->below = FLOOR_FINE;
		suite_judge(g);
	} else if (cached && g->below == FLOOR_OLDER) {
		g->kept = true;
		buf_fini(&g->bytes);
		g->bytes = bytes;
		verified_fini(&g->text);
		suite_judge(g);
	} else {
		if (cached)
			buf_fini(&bytes);
		if (g->below == FLOOR_OLDER)
			suite_older_error(g);
		else
			suite_version_error(g);
		suite_refused(g);
	}
}

static void suite_judge_done(void *arg)
{
	struct suite_get *g = arg;

	g->working = false;
	if (g->cancelled) {
		suite_on_interrupted(g);
	} else if (g->suite) {
		suite_publish(g);
		suite_finish(g);
	} else if (g->below != FLOOR_FINE && !g->kept) {
		suite_judge_below(g);
	} else {
		if (g->kept)
			suite_older_error(g);
		suite_refused(g);
	}
}

static void suite_judge(struct suite_get *g)
{
	if (verify_bytes(g->bytes.data, g->bytes.len, g->keys, g->pinned, g->env->now(), &g->text, &g->err) < 0) {
		suite_refused(g);
		return;
	}
	g->working = true;
	loop_work(g->env->loop, suite_judge_work, suite_judge_done, g);
}

/* --- asking --- */

static void suite_judge_copy(struct suite_get *g)
{
	g->bytes = g->copy.bytes;
	buf_init(&g->copy.bytes, 0);
	g->etag = xstrdup(g->copy.etag);
	g->modified = xstrdup(g->copy.modified);
	suite_judge(g);
}

static void suite_on_got(const struct http_result *r, const struct err *e, void *arg)
{
	struct suite_get *g = arg;

	g->get = NULL;
	if (e) {
		err_copy(&g->err, e);
		suite_give_up_base(g);
	} else if (r->not_modified) {
		suite_judge_copy(g);
	} else {
		buf_add(&g->bytes, r->body, r->size);
		g->etag = xstrdup(r->etag);
		g->modified = xstrdup(r->modified);
		suite_judge(g);
	}
}

static void suite_next_base(void *arg)
{
	struct suite_get *g = arg;
	struct http_request req = {.cap = VERIFY_CAP, .fd = -1, .fresh = g->fresh};

	loop_timer_stop(g->timer);
	g->timer = NULL;
	suite_forget_try(g);
	buf_init(&g->bytes, VERIFY_CAP);
	g->url = xasprintf("%s/dists/%s/InRelease", g->bases.items[g->at], g->name);
	g->has_copy = floor_copy_load(g->env->cache_dir, g->url, &g->copy);
	if (g->env->offline) {
		if (g->has_copy) {
			suite_judge_copy(g);
			return;
		}
		err_set(&g->err, ERR_NETWORK, "offline-missing", "the release file of %s is not in the cache", g->name);
		err_hint(&g->err, "run once without --offline");
		suite_give_up_base(g);
		return;
	}
	req.url = g->url;
	req.attempts = g->bases.len > 1 ? 1 : 0; /* another mirror is the better choice */
	if (g->has_copy) {
		req.etag = g->copy.etag;
		req.modified = g->copy.modified;
	}
	g->get = http_get_start(g->env->http, &req, suite_on_got, g);
}

struct suite_get *suite_get_start(struct archive_env *env, const struct suite_request *req, suite_done_fn done,
				  void *arg)
{
	struct suite_get *g = xcalloc(1, sizeof(*g));

	g->env = env;
	g->name = xstrdup(req->suite);
	g->arch = xstrdup(req->arch);
	strv_copy(&g->bases, req->bases);
	g->keys = req->keys;
	g->debian = req->debian;
	g->pinned = req->pinned;
	g->fresh = req->fresh;
	g->done = done;
	g->arg = arg;
	g->timer = loop_timer_start(env->loop, 0, 0, suite_next_base, g);
	return g;
}
