/* SPDX-License-Identifier: MIT */
/* releases: archive_releases: gets the release files of all releases of the catalogue concurrently. */
#include <stdlib.h>

#include "base/mem.h"
#include "env.h"
#include "keys.h"
#include "suite.h"

struct releases_op;

struct row {
	struct releases_op *op;
	const struct catalog_release *rel;
	struct strv debian, pinned;
	struct suite_get *get;
	struct suite *suite;
	struct err err;
};

struct releases_op {
	struct archive_op op;
	struct archive_env env;
	char *keyring;
	struct keys keys;
	struct strv bases;
	struct row *rows;
	size_t len, pending;
	struct loop_timer *end;
	struct err err;	     /* of the whole */
	struct err keys_err; /* written by the pool thread */
	void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg);
	void *arg;
};

void archive_releases_free(struct archive_release *rows, size_t count)
{
	for (size_t i = 0; rows && i < count; i++) {
		struct archive_suite *s = &rows[i].suite;

		free(rows[i].codename);
		free(s->suite);
		free(s->codename);
		free(s->version);
		free(s->origin);
		free(s->label);
		free(s->base);
		strv_fini(&s->signers);
		strv_fini(&s->architectures);
		err_fini(&rows[i].err);
	}
	free(rows);
}

static struct archive_release *releases_take_rows(struct releases_op *op)
{
	struct archive_release *out = xcalloc(op->len + 1, sizeof(*out));

	for (size_t i = 0; i < op->len; i++) {
		struct row *r = &op->rows[i];

		out[i].codename = xstrdup(r->rel->codename);
		if (r->suite) {
			out[i].suite = r->suite->pub;
			r->suite->pub = (struct archive_suite){0};
		}
		err_move(&out[i].err, &r->err);
	}
	return out;
}

static void releases_on_end(void *arg)
{
	struct releases_op *op = arg;
	void (*done)(struct archive_release *, size_t, const struct err *, void *) = op->done;
	void *user = op->arg;
	size_t len = op->len;
	struct archive_release *rows = NULL;
	AUTO_ERR struct err e = ERR_INIT;

	if (op->err.kind == ERR_NONE)
		rows = releases_take_rows(op);
	err_move(&e, &op->err);
	err_fini(&op->keys_err);
	for (size_t i = 0; i < op->len; i++) {
		suite_free(op->rows[i].suite);
		strv_fini(&op->rows[i].debian);
		strv_fini(&op->rows[i].pinned);
		err_fini(&op->rows[i].err);
	}
	free(op->rows);
	strv_fini(&op->bases);
	free(op->keyring);
	keys_fini(&op->keys);
	loop_timer_stop(op->end);
	archive_env_fini(&op->env);
	free(op);
	done(rows, rows ? len : 0, rows ? NULL : &e, user);
}

static void releases_settle(struct releases_op *op)
{
	if (!op->pending && !op->end)
		op->end = loop_timer_start(op->env.loop, 0, 0, releases_on_end, op);
}

static void releases_cancel(struct archive_op *base)
{
	struct releases_op *op = (struct releases_op *)base;

	if (op->err.kind != ERR_NONE || op->end)
		return;
	err_set(&op->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	for (size_t i = 0; i < op->len; i++)
		suite_get_cancel(op->rows[i].get);
}

static void releases_on_suite(struct suite *s, const struct err *e, void *arg)
{
	struct row *r = arg;

	r->get = NULL;
	r->suite = s;
	if (e)
		err_copy(&r->err, e);
	r->op->pending--;
	releases_settle(r->op);
}

static void releases_keys_work(void *arg)
{
	struct releases_op *op = arg;

	keys_gather(op->keyring, &op->keys, &op->keys_err);
}

static void releases_keys_done(void *arg)
{
	struct releases_op *op = arg;

	op->pending--;
	if (op->err.kind == ERR_NONE && op->keys_err.kind != ERR_NONE)
		err_move(&op->err, &op->keys_err);
	for (size_t i = 0; i < op->len && op->err.kind == ERR_NONE; i++) {
		struct row *r = &op->rows[i];
		struct suite_request req = {.suite = r->rel->codename,
					    .bases = &op->bases,
					    .keys = op->keys.rings,
					    .debian = &r->debian,
					    .pinned = &r->pinned};

		keys_pinned(&op->keys, &r->rel->keys, &r->debian, &r->pinned);
		op->pending++;
		r->get = suite_get_start(&op->env, &req, releases_on_suite, r);
	}
	releases_settle(op);
}

struct archive_op *
archive_releases(struct loop *l, const struct archive_conf *conf,
		 void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg)
{
	struct releases_op *op = xcalloc(1, sizeof(*op));
	const struct catalog_release *rel;
	size_t i = 0;

	op->op.cancel = releases_cancel;
	op->keyring = xstrdup(conf->keyring ? conf->keyring : "");
	op->done = done;
	op->arg = arg;
	archive_env_init(&op->env, l, conf->cache_dir, conf->proxy, conf->stall_s, conf->now);
	op->env.offline = conf->offline;
	if (archive_mirror_bases(conf, false, &op->bases, &op->err) == 0) {
		while (catalog_release_next(conf->catalog, &i))
			op->len++;
		op->rows = xcalloc(op->len + 1, sizeof(*op->rows));
		i = 0;
		for (struct row *r = op->rows; (rel = catalog_release_next(conf->catalog, &i)); r++) {
			r->op = op;
			r->rel = rel;
		}
		op->pending++;
		loop_work(l, releases_keys_work, releases_keys_done, op);
	}
	releases_settle(op);
	return &op->op;
}

const char *archive_release_why(const struct catalog *c, const struct archive_release *r)
{
	const struct catalog_release *row = catalog_release_find(c, r->codename);

	if (row && *row->not_offered)
		return row->not_offered;
	return r->err.kind ? r->err.text : "";
}
