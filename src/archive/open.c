/* SPDX-License-Identifier: MIT */
/*
 * open: archive_open. Keys (pool), then for each suite at the same time: release file, parsed
 * forms (pool), missing indices; then all are loaded in a fixed order (pool). A suite whose index
 * is out of step with its release file begins again, twice at most; then it is left out with a
 * warning, where it is one that can be done without, or it is the error of the whole.
 */
#include <solv/pool.h>
#include <stdlib.h>
#include <string.h>

#include "archive/fetch.h"
#include "archive/index.h"
#include "archive/keys.h"
#include "archive/mirror.h"
#include "archive/solve.h"
#include "archive/state.h"
#include "base/mem.h"

#define RESTARTS 2
#define RESTART_PAUSE 1000 /* ms, doubled: mirrors push their files in seconds */
#define OTHERS 3	   /* mirrors that are asked for what the chosen one does not have */
#define REPORT_EVERY 100   /* ms */

enum stage { STAGE_SUITE, STAGE_PARSED, STAGE_INDICES, STAGE_READY, STAGE_OUT };

struct open_op;

struct job { /* one suite */
	struct open_op *op;
	char *name;
	bool optional;
	struct strv bases;
	enum stage stage;
	unsigned restarts;
	struct suite_get *get;
	struct suite *suite;
	struct index *indices;
	struct fetch **fetches;
	size_t count;	 /* of components */
	size_t fetching; /* of them still under way */
	struct err err;	 /* first trouble with its indices */
	struct loop_timer *pause;
};

struct open_op {
	struct archive_op op;
	struct loop *loop;
	struct archive *a;
	char *arch, *keyring;
	struct strv components, release_keys, pinned;
	bool strict, loading, reloaded;
	struct err load_err; /* written by the pool thread, read when it has ended */
	struct keys keys;
	struct job jobs[3];
	size_t job_count;
	unsigned pending;	/* callbacks that are still to come */
	struct loop_timer *end; /* set once it is over */
	struct loop_timer *report;
	struct err err;
	archive_progress_fn progress;
	void (*done)(struct archive *a, const struct err *e, void *arg);
	void *arg;
};

static void settle(struct open_op *op);
static void start_suite(struct job *j);

/* --- the end --- */

static void drop_indices(struct job *j)
{
	for (size_t i = 0; i < j->count; i++)
		index_fini(&j->indices[i]);
	free(j->indices);
	free(j->fetches);
	j->indices = NULL;
	j->fetches = NULL;
	j->count = 0;
}

static void op_free(struct open_op *op)
{
	for (size_t i = 0; i < op->job_count; i++) {
		struct job *j = &op->jobs[i];

		drop_indices(j);
		suite_free(j->suite);
		strv_fini(&j->bases);
		err_fini(&j->err);
		free(j->name);
	}
	keys_fini(&op->keys);
	strv_fini(&op->components);
	strv_fini(&op->release_keys);
	strv_fini(&op->pinned);
	loop_timer_stop(op->end);
	loop_timer_stop(op->report);
	err_fini(&op->load_err);
	free(op->arch);
	free(op->keyring);
	free(op);
}

/* Hands the suites over to the archive. */
static void publish(struct open_op *op)
{
	struct archive *a = op->a;

	a->suites = xcalloc(op->job_count, sizeof(struct suite *));
	a->pub = xcalloc(op->job_count, sizeof(*a->pub));
	for (size_t i = 0; i < op->job_count; i++) {
		struct job *j = &op->jobs[i];

		if (j->stage != STAGE_READY)
			continue;
		for (size_t k = 0; k < j->suite->warnings.len; k++)
			strv_add(&a->warnings, j->suite->warnings.items[k]);
		a->pub[a->suite_count] = j->suite->pub;
		a->suites[a->suite_count++] = j->suite;
		j->suite = NULL;
	}
}

static void on_end(void *arg)
{
	struct open_op *op = arg;
	void (*done)(struct archive *, const struct err *, void *) = op->done;
	void *user = op->arg;
	struct archive *a = op->a;
	struct err e = ERR_INIT;

	if (op->err.kind != ERR_NONE) {
		err_move(&e, &op->err);
		archive_close(a);
		a = NULL;
	} else {
		publish(op);
	}
	op_free(op);
	done(a, a ? NULL : &e, user);
	err_fini(&e);
}

static void end(struct open_op *op)
{
	if (!op->end)
		op->end = loop_timer_start(op->loop, 0, 0, on_end, op);
}

/* Stops what is under way; op->err says why. The end comes with the last callback. */
static void stop_all(struct open_op *op)
{
	atomic_store(&op->a->env.stop, true);
	for (size_t i = 0; i < op->job_count; i++) {
		struct job *j = &op->jobs[i];

		suite_get_cancel(j->get);
		for (size_t k = 0; k < j->count; k++)
			if (j->fetches)
				fetch_cancel(j->fetches[k]);
		if (j->pause) {
			loop_timer_stop(j->pause);
			j->pause = NULL;
			op->pending--;
		}
	}
	settle(op);
}

static void fail(struct open_op *op, const struct err *e)
{
	if (op->err.kind != ERR_NONE)
		return;
	err_copy(&op->err, e);
	stop_all(op);
}

static void cancel(struct archive_op *base)
{
	struct open_op *op = (struct open_op *)base;

	if (op->err.kind != ERR_NONE || op->end)
		return;
	err_set(&op->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	stop_all(op);
}

/* --- progress --- */

static void on_report(void *arg)
{
	struct open_op *op = arg;
	const char *text = "checking the release files";
	uint64_t done = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < op->job_count; i++) {
		struct job *j = &op->jobs[i];

		for (size_t k = 0; k < j->count; k++) {
			if (j->indices[k].solv_fd >= 0 || j->stage == STAGE_PARSED)
				continue;
			total += j->indices[k].size;
			done += j->fetches && j->fetches[k] ? fetch_received(j->fetches[k])
							    : j->indices[k].size;
			text = "fetching the package lists";
		}
	}
	if (op->loading)
		text = "reading the package lists";
	if (op->progress)
		op->progress(done, total, text, op->arg);
}

/* --- loading --- */

static void start_parsed(struct job *j);

static void load_work(void *arg)
{
	struct open_op *op = arg;
	int r = 0;

	for (size_t i = 0; !r && i < op->job_count; i++) {
		struct job *j = &op->jobs[i];

		for (size_t k = 0; !r && j->stage == STAGE_READY && k < j->count; k++)
			r = index_load(&op->a->env, &j->indices[k], op->a->pool, &op->load_err);
	}
	if (!r)
		solve_pool_ready(op->a->pool);
}

static void load_done(void *arg)
{
	struct open_op *op = arg;

	op->pending--;
	op->loading = false;
	if (op->err.kind == ERR_NONE && op->load_err.kind == ERR_NONE) {
		end(op);
	} else if (op->err.kind == ERR_NONE && !strcmp(op->load_err.id, "index-solv") &&
		   !op->reloaded) {
		op->reloaded = true;
		err_fini(&op->load_err);
		pool_free(op->a->pool);
		op->a->pool = solve_pool_new(op->arch);
		for (size_t i = 0; i < op->job_count; i++)
			if (op->jobs[i].stage == STAGE_READY)
				start_parsed(&op->jobs[i]);
	} else if (op->err.kind == ERR_NONE) {
		fail(op, &op->load_err);
	} else {
		settle(op);
	}
}

static void settle(struct open_op *op)
{
	if (op->end || op->loading)
		return;
	if (op->err.kind != ERR_NONE) {
		if (!op->pending)
			end(op);
		return;
	}
	for (size_t i = 0; i < op->job_count; i++)
		if (op->jobs[i].stage != STAGE_READY && op->jobs[i].stage != STAGE_OUT)
			return;
	op->loading = true;
	op->pending++;
	loop_work(op->loop, load_work, load_done, op);
}

/* --- one suite --- */

/* A suite that can be done without is left out, said clearly; otherwise it is the end. */
static void give_up(struct job *j, const struct err *e)
{
	struct open_op *op = j->op;

	if (!j->optional || op->strict) {
		fail(op, e);
		return;
	}
	strv_addf(&op->a->warnings, "%s is left out: %s", j->name, e->text);
	drop_indices(j);
	j->stage = STAGE_OUT;
	settle(op);
}

static void on_pause_over(void *arg)
{
	struct job *j = arg;

	loop_timer_stop(j->pause);
	j->pause = NULL;
	j->op->pending--;
	start_suite(j);
}

/* Its parts do not fit each other: from the release file on, after a pause. */
static void restart(struct job *j)
{
	struct open_op *op = j->op;
	struct err e = ERR_INIT;

	if (j->restarts < RESTARTS) {
		j->restarts++;
		err_fini(&j->err);
		op->pending++;
		j->pause = loop_timer_start(op->loop, RESTART_PAUSE << (j->restarts - 1), 0,
					    on_pause_over, j);
		return;
	}
	err_set(&e, ERR_NETWORK, "mirror-updating",
		"the mirror's parts do not fit each other, it is being updated: %s", j->err.text);
	err_hint(&e, "try again in a while or name another mirror");
	give_up(j, &e);
	err_fini(&e);
}

/* Errors that leave a suite out: it is not there, has not this architecture, or was left out before
 * and this host is offline. */
static bool is_absence(const struct err *e)
{
	return !strcmp(e->id, "http-404") || !strcmp(e->id, "release-arch") ||
	       !strcmp(e->id, "offline-missing");
}

static void indices_there(struct job *j)
{
	struct open_op *op = j->op;

	if (op->err.kind != ERR_NONE) {
		settle(op);
	} else if (j->err.kind == ERR_NONE) {
		j->stage = STAGE_READY;
		settle(op);
	} else if (fetch_error_is_stale(&j->err)) {
		restart(j);
	} else if (is_absence(&j->err)) {
		give_up(j, &j->err);
	} else {
		fail(op, &j->err);
	}
}

struct index_fetch { /* which one a callback is for */
	struct job *job;
	size_t at;
};

static void on_index(const struct err *e, void *arg)
{
	struct index_fetch *which = arg;
	struct job *j = which->job;

	j->fetches[which->at] = NULL;
	free(which);
	j->op->pending--;
	j->fetching--;
	if (e && j->err.kind == ERR_NONE)
		err_copy(&j->err, e);
	if (!j->fetching)
		indices_there(j);
	else
		settle(j->op);
}

static void start_indices(struct job *j)
{
	struct open_op *op = j->op;

	j->stage = STAGE_INDICES;
	j->fetches = xcalloc(j->count, sizeof(struct fetch *));
	for (size_t k = 0; k < j->count; k++) {
		struct index *ix = &j->indices[k];
		struct fetch_request req = {.name = ix->name, .urls = &ix->urls, .size = ix->size,
					    .others = j->restarts == RESTARTS ? &ix->others : NULL,
					    .fresh = j->restarts > 0};
		struct index_fetch *which;

		if (ix->solv_fd >= 0)
			continue;
		which = xmalloc(sizeof(*which));
		*which = (struct index_fetch){.job = j, .at = k};
		memcpy(req.sha256, ix->sha256, HASH_SIZE);
		op->pending++;
		j->fetching++;
		j->fetches[k] = fetch_start(&op->a->env, &req, on_index, which);
	}
	if (!j->fetching)
		indices_there(j);
}

static void parsed_work(void *arg)
{
	struct job *j = arg;

	for (size_t k = 0; k < j->count; k++)
		index_open_parsed(&j->op->a->env, &j->indices[k]);
}

static void parsed_done(void *arg)
{
	struct job *j = arg;

	j->op->pending--;
	if (j->op->err.kind != ERR_NONE)
		settle(j->op);
	else
		start_indices(j);
}

/* Chooses the indices and looks for their parsed forms. */
static void start_parsed(struct job *j)
{
	struct open_op *op = j->op;
	struct err e = ERR_INIT;

	drop_indices(j);
	j->stage = STAGE_PARSED;
	j->indices = xcalloc(op->components.len, sizeof(*j->indices));
	for (size_t i = 0; i < op->components.len; i++) {
		if (index_choose(j->suite, op->components.items[i], op->arch, &j->indices[j->count],
				 &e) < 0) {
			give_up(j, &e);
			err_fini(&e);
			return;
		}
		j->count++;
	}
	op->pending++;
	loop_work(op->loop, parsed_work, parsed_done, j);
}

static void on_suite(struct suite *s, const struct err *e, void *arg)
{
	struct job *j = arg;
	struct open_op *op = j->op;

	op->pending--;
	j->get = NULL;
	suite_free(j->suite);
	j->suite = s;
	for (size_t i = 0; s && i < j->bases.len && s->others.len < OTHERS; i++)
		if (strcmp(j->bases.items[i], s->pub.base))
			strv_add(&s->others, j->bases.items[i]);
	if (op->err.kind != ERR_NONE)
		settle(op);
	else if (s)
		start_parsed(j);
	else if (is_absence(e))
		give_up(j, e);
	else
		fail(op, e);
}

static void start_suite(struct job *j)
{
	struct open_op *op = j->op;
	struct suite_request req = {.suite = j->name, .arch = op->arch, .bases = &j->bases,
				    .keys = op->keys.rings, .pinned = &op->pinned,
				    .fresh = j->restarts > 0};

	drop_indices(j);
	j->stage = STAGE_SUITE;
	op->pending++;
	j->get = suite_get_start(&op->a->env, &req, on_suite, j);
}

/* --- the beginning --- */

static void keys_work(void *arg)
{
	struct open_op *op = arg;

	keys_gather(op->keyring, &op->keys, &op->load_err);
}

static void keys_done(void *arg)
{
	struct open_op *op = arg;

	op->pending--;
	if (op->err.kind != ERR_NONE) {
		settle(op);
	} else if (op->load_err.kind != ERR_NONE) {
		fail(op, &op->load_err);
	} else {
		keys_pinned(&op->keys, &op->release_keys, &op->pinned);
		for (size_t i = 0; i < op->job_count; i++)
			start_suite(&op->jobs[i]);
	}
}

static int add_job(struct open_op *op, const struct archive_conf *conf, const char *name,
		   bool optional, bool security, struct err *e)
{
	struct job *j = &op->jobs[op->job_count++];

	j->op = op;
	j->name = xstrdup(name);
	j->optional = optional;
	return mirror_bases(conf, security, &j->bases, e);
}

static int add_jobs(struct open_op *op, const struct archive_conf *conf, struct err *e)
{
	const struct catalog_release *rel = catalog_release_find(conf->catalog, conf->release);
	int r;

	if (!rel)
		return err_set(e, ERR_USAGE, "release-unknown", "there is no release %s", conf->release);
	strv_copy(&op->release_keys, &rel->keys);
	r = add_job(op, conf, rel->codename, false, false, e);
	if (!r && conf->updates && rel->updates) {
		char *name = xasprintf("%s-updates", rel->codename);

		r = add_job(op, conf, name, true, false, e);
		free(name);
	}
	if (!r && conf->security && rel->security)
		r = add_job(op, conf, rel->security_suite, true, true, e);
	return r;
}

struct archive_op *archive_open(struct loop *l, const struct archive_conf *conf,
				archive_progress_fn progress,
				void (*done)(struct archive *a, const struct err *e, void *arg),
				void *arg)
{
	struct open_op *op = xcalloc(1, sizeof(*op));
	bool snapshot = conf->snapshot && *conf->snapshot;

	op->op.cancel = cancel;
	op->loop = l;
	op->arch = xstrdup(conf->arch);
	op->keyring = xstrdup(conf->keyring ? conf->keyring : "");
	strv_copy(&op->components, conf->components);
	op->strict = conf->strict;
	op->progress = progress;
	op->done = done;
	op->arg = arg;
	op->a = xcalloc(1, sizeof(*op->a));
	archive_env_init(&op->a->env, l, conf->cache_dir, conf->proxy, conf->stall_s, conf->now);
	op->a->env.offline = conf->offline;
	op->a->env.floor = !snapshot;
	op->a->pool = solve_pool_new(conf->arch);
	if (add_jobs(op, conf, &op->err) < 0) {
		end(op);
	} else {
		op->report = loop_timer_start(l, REPORT_EVERY, REPORT_EVERY, on_report, op);
		op->pending++;
		loop_work(l, keys_work, keys_done, op);
	}
	return &op->op;
}
