/* SPDX-License-Identifier: MIT */
/*
 * open: archive_open. Reads the keys (pool), then for all suites concurrently: release file, parsed forms (pool),
 * missing indices; then loads everything in a fixed order (pool). A suite whose index is out of step with its
 * release file starts again, twice at most; then an optional suite is left out with a warning, and any other is the
 * error of the whole.
 */
#include <solv/pool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fetch.h"
#include "index.h"
#include "keys.h"
#include "solve.h"
#include "state.h"

/* All that is used of the kernel's architecture, if that is another one: what such a package depends on besides these
 * is Multi-Arch: foreign, so the machine's own fits. */
#define KERNELS "linux-image-"
#define RESTARTS 2
#define RESTART_PAUSE 1000 /* ms, doubled: mirrors push their files in seconds */
#define OTHERS 3	   /* mirrors that are tried for files that the chosen one lacks */
#define REPORT_EVERY 100   /* ms */

enum stage { STAGE_SUITE, STAGE_PARSED, STAGE_INDICES, STAGE_READY, STAGE_OUT };

struct open_op;

struct suite_fetch { /* one suite that is being opened */
	struct open_op *op;
	char *name;
	bool optional, security;
	struct strv bases;
	enum stage stage;
	unsigned restarts;
	struct suite_get *get;
	struct suite *suite;
	struct index *indices;
	struct fetch **fetches;
	size_t count;	 /* of indices */
	size_t fetching; /* downloads that have not ended */
	struct err err;	 /* first error of its indices */
	struct loop_timer *pause;
};

struct open_op {
	struct archive_op op;
	struct loop *loop;
	struct archive *a;
	char *arch, *keyring;
	char *kernel_arch; /* NULL: the same */
	struct strv components, release_keys, debian, pinned;
	bool strict, loading, reloaded;
	struct err load_err; /* written by the pool thread, read when it has ended */
	struct keys keys;
	struct suite_fetch suites[3];
	size_t suite_count;
	unsigned pending;	/* callbacks that have not run yet */
	struct loop_timer *end; /* set once the operation is over */
	struct loop_timer *report;
	struct err err;
	archive_progress_fn progress;
	void (*done)(struct archive *a, const struct err *e, void *arg);
	void *arg;
};

static void open_advance(struct open_op *op);
static void open_start_suite(struct suite_fetch *f);

/* --- the end --- */

static void open_drop_indices(struct suite_fetch *f)
{
	for (size_t i = 0; i < f->count; i++)
		index_fini(&f->indices[i]);
	free(f->indices);
	free(f->fetches);
	f->indices = NULL;
	f->fetches = NULL;
	f->count = 0;
}

static void open_op_free(struct open_op *op)
{
	for (size_t i = 0; i < op->suite_count; i++) {
		struct suite_fetch *f = &op->suites[i];

		open_drop_indices(f);
		suite_free(f->suite);
		strv_fini(&f->bases);
		err_fini(&f->err);
		free(f->name);
	}
	keys_fini(&op->keys);
	strv_fini(&op->components);
	strv_fini(&op->release_keys);
	strv_fini(&op->debian);
	strv_fini(&op->pinned);
	loop_timer_stop(op->end);
	loop_timer_stop(op->report);
	err_fini(&op->load_err);
	free(op->arch);
	free(op->kernel_arch);
	free(op->keyring);
	free(op);
}

/* Moves the suites to the archive. */
static void open_publish(struct open_op *op)
{
	struct archive *a = op->a;

	a->suites = xcalloc(op->suite_count, sizeof(struct suite *));
	a->pub = xcalloc(op->suite_count, sizeof(*a->pub));
	for (size_t i = 0; i < op->suite_count; i++) {
		struct suite_fetch *f = &op->suites[i];

		if (f->stage != STAGE_READY)
			continue;
		for (size_t k = 0; k < f->suite->warnings.len; k++)
			strv_add(&a->warnings, f->suite->warnings.items[k]);
		a->pub[a->suite_count] = f->suite->pub;
		a->suites[a->suite_count++] = f->suite;
		f->suite = NULL;
	}
}

static void open_on_end(void *arg)
{
	struct open_op *op = arg;
	void (*done)(struct archive *, const struct err *, void *) = op->done;
	void *user = op->arg;
	struct archive *a = op->a;
	AUTO_ERR struct err e = ERR_INIT;

	if (op->err.kind != ERR_NONE) {
		err_move(&e, &op->err);
		archive_close(a);
		a = NULL;
	} else {
		open_publish(op);
	}
	open_op_free(op);
	done(a, a ? NULL : &e, user);
}

static void open_end(struct open_op *op)
{
	if (!op->end)
		op->end = loop_timer_start(op->loop, 0, 0, open_on_end, op);
}

/* Cancels everything; op->err is the reason. The operation ends with the last callback. */
static void open_stop_all(struct open_op *op)
{
	atomic_store(&op->a->env.stop, true);
	for (size_t i = 0; i < op->suite_count; i++) {
		struct suite_fetch *f = &op->suites[i];

		suite_get_cancel(f->get);
		for (size_t k = 0; k < f->count; k++)
			if (f->fetches)
				fetch_cancel(f->fetches[k]);
		if (f->pause) {
			loop_timer_stop(f->pause);
			f->pause = NULL;
			op->pending--;
		}
	}
	open_advance(op);
}

static void open_fail(struct open_op *op, const struct err *e)
{
	if (op->err.kind != ERR_NONE)
		return;
	err_copy(&op->err, e);
	open_stop_all(op);
}

static void open_cancel(struct archive_op *base)
{
	struct open_op *op = (struct open_op *)base;

	if (op->err.kind != ERR_NONE || op->end)
		return;
	err_set(&op->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	open_stop_all(op);
}

/* --- progress --- */

static void open_on_report(void *arg)
{
	struct open_op *op = arg;
	const char *text = "checking the release files";
	uint64_t done = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < op->suite_count; i++) {
		struct suite_fetch *f = &op->suites[i];

		for (size_t k = 0; k < f->count; k++) {
			if (f->indices[k].solv_fd >= 0 || f->stage == STAGE_PARSED)
				continue;
			total += f->indices[k].size;
			done += f->fetches && f->fetches[k] ? fetch_received(f->fetches[k]) : f->indices[k].size;
			text = "fetching the package lists";
		}
	}
	if (op->loading)
		text = "reading the package lists";
	if (op->progress)
		op->progress(done, total, text, op->arg);
}

/* --- loading --- */

static void open_start_parsed(struct suite_fetch *f);

/* Refuses a release without packages: otherwise the first required package would be reported as missing. A suite of
 * updates may be empty. */
static int open_check_packages(struct open_op *op)
{
	struct suite_fetch *f = &op->suites[0];

	for (size_t k = 0; k < f->count; k++)
		if (f->indices[k].packages)
			return 0;
	err_set(&op->load_err, ERR_VERIFY, "index-empty", "the package lists of %s for %s are empty", f->name,
		op->arch);
	return err_hint(&op->load_err, "name another mirror");
}

static void open_load_work(void *arg)
{
	struct open_op *op = arg;
	int r = 0;

	for (size_t i = 0; !r && i < op->suite_count; i++) {
		struct suite_fetch *f = &op->suites[i];

		for (size_t k = 0; !r && f->stage == STAGE_READY && k < f->count; k++)
			r = index_load(&op->a->env, &f->indices[k], op->a->pool, &op->load_err);
	}
	if (!r)
		r = open_check_packages(op);
	if (!r)
		solve_pool_ready(op->a->pool);
}

static void open_load_done(void *arg)
{
	struct open_op *op = arg;

	op->pending--;
	op->loading = false;
	if (op->err.kind == ERR_NONE && op->load_err.kind == ERR_NONE) {
		open_end(op);
	} else if (op->err.kind == ERR_NONE && !strcmp(op->load_err.id, "index-solv") && !op->reloaded) {
		op->reloaded = true;
		err_fini(&op->load_err);
		pool_free(op->a->pool);
		op->a->pool = solve_pool_new(op->arch, op->kernel_arch);
		for (size_t i = 0; i < op->suite_count; i++)
			if (op->suites[i].stage == STAGE_READY)
				open_start_parsed(&op->suites[i]);
	} else if (op->err.kind == ERR_NONE) {
		open_fail(op, &op->load_err);
	} else {
		open_advance(op);
	}
}

static void open_advance(struct open_op *op)
{
	if (op->end || op->loading)
		return;
	if (op->err.kind != ERR_NONE) {
		if (!op->pending)
			open_end(op);
		return;
	}
	for (size_t i = 0; i < op->suite_count; i++)
		if (op->suites[i].stage != STAGE_READY && op->suites[i].stage != STAGE_OUT)
			return;
	op->loading = true;
	op->pending++;
	loop_work(op->loop, open_load_work, open_load_done, op);
}

/* --- one suite --- */

/* Leaves an optional suite out, with a warning; any other fails the operation. */
static void open_give_up(struct suite_fetch *f, const struct err *e)
{
	struct open_op *op = f->op;

	if (!f->optional || op->strict) {
		open_fail(op, e);
		return;
	}
	strv_addf(&op->a->warnings, "%s is left out: %s", f->name, e->text);
	if (strcmp(e->id, "release-arch") && strcmp(e->id, "index-absent")) /* as its signed list shows */
		strv_add(&op->a->left_out, f->name);
	open_drop_indices(f);
	f->stage = STAGE_OUT;
	open_advance(op);
}

static void open_on_pause_over(void *arg)
{
	struct suite_fetch *f = arg;

	loop_timer_stop(f->pause);
	f->pause = NULL;
	f->op->pending--;
	open_start_suite(f);
}

/* Starts the suite again from its release file, after a pause, because its parts do not match. */
static void open_restart(struct suite_fetch *f)
{
	struct open_op *op = f->op;
	AUTO_ERR struct err e = ERR_INIT;

	if (f->restarts < RESTARTS) {
		f->restarts++;
		err_fini(&f->err);
		op->pending++;
		f->pause = loop_timer_start(op->loop, RESTART_PAUSE << (f->restarts - 1), 0, open_on_pause_over, f);
		return;
	}
	err_set(&e, ERR_NETWORK, "mirror-updating", "the mirror's parts do not fit each other, it is being updated: %s",
		f->err.text);
	err_hint(&e, "try again later or name another mirror");
	open_give_up(f, &e);
}

/* Returns whether an error leaves a suite out: it is missing, lacks this architecture, or was left out before and
 * this host is offline. */
static bool open_is_absence(const struct err *e)
{
	return !strcmp(e->id, "http-404") || !strcmp(e->id, "release-arch") || !strcmp(e->id, "offline-missing");
}

static void open_indices_there(struct suite_fetch *f)
{
	struct open_op *op = f->op;

	if (op->err.kind != ERR_NONE) {
		open_advance(op);
	} else if (f->err.kind == ERR_NONE) {
		f->stage = STAGE_READY;
		open_advance(op);
	} else if (fetch_error_is_stale(&f->err)) {
		open_restart(f);
	} else if (fetch_error_is_slow(&f->err) && f->restarts < RESTARTS && f->bases.len > 1) {
		f->restarts = RESTARTS - 1; /* the others are tried in the last round */
		open_restart(f);
	} else if (open_is_absence(&f->err)) {
		open_give_up(f, &f->err);
	} else {
		open_fail(op, &f->err);
	}
}

struct index_fetch { /* the index that a callback is for */
	struct suite_fetch *suite;
	size_t at;
};

static void open_on_index(const struct err *e, void *arg)
{
	struct index_fetch *which = arg;
	struct suite_fetch *f = which->suite;

	f->fetches[which->at] = NULL;
	free(which);
	f->op->pending--;
	f->fetching--;
	if (e && f->err.kind == ERR_NONE)
		err_copy(&f->err, e);
	if (!f->fetching)
		open_indices_there(f);
	else
		open_advance(f->op);
}

static void open_start_indices(struct suite_fetch *f)
{
	struct open_op *op = f->op;

	f->stage = STAGE_INDICES;
	f->fetches = xcalloc(f->count, sizeof(struct fetch *));
	for (size_t k = 0; k < f->count; k++) {
		struct index *ix = &f->indices[k];
		struct fetch_request req = {.name = ix->name,
					    .urls = &ix->urls,
					    .size = ix->size,
					    .others = f->restarts == RESTARTS ? &ix->others : NULL,
					    .fresh = f->restarts > 0};
		struct index_fetch *which;

		if (ix->solv_fd >= 0)
			continue;
		which = xmalloc(sizeof(*which));
		*which = (struct index_fetch){.suite = f, .at = k};
		memcpy(req.sha256, ix->sha256, HASH_SIZE);
		op->pending++;
		f->fetching++;
		f->fetches[k] = fetch_start(&op->a->env, &req, open_on_index, which);
	}
	if (!f->fetching)
		open_indices_there(f);
}

static void open_parsed_work(void *arg)
{
	struct suite_fetch *f = arg;

	for (size_t k = 0; k < f->count; k++)
		index_open_parsed(&f->op->a->env, &f->indices[k]);
}

static void open_parsed_done(void *arg)
{
	struct suite_fetch *f = arg;

	f->op->pending--;
	if (f->op->err.kind != ERR_NONE)
		open_advance(f->op);
	else
		open_start_indices(f);
}

/* Chooses the index of each component for an architecture. `only`: as in struct index. */
static int open_choose(struct suite_fetch *f, const char *arch, const char *only, struct err *e)
{
	const struct strv *components = &f->op->components;

	for (size_t i = 0; i < components->len; i++) {
		if (index_choose(f->suite, components->items[i], arch, &f->indices[f->count], e) < 0)
			return -1;
		f->indices[f->count++].only = only;
	}
	return 0;
}

/* Chooses the indices and looks for their parsed forms. */
static void open_start_parsed(struct suite_fetch *f)
{
	struct open_op *op = f->op;
	struct err e = ERR_INIT;

	open_drop_indices(f);
	f->stage = STAGE_PARSED;
	f->indices = xcalloc(2 * op->components.len, sizeof(*f->indices));
	if (open_choose(f, op->arch, NULL, &e) < 0 ||
	    (op->kernel_arch && open_choose(f, op->kernel_arch, KERNELS, &e) < 0)) {
		open_give_up(f, &e);
		err_fini(&e);
		return;
	}
	op->pending++;
	loop_work(op->loop, open_parsed_work, open_parsed_done, f);
}

/* Fails if the release file of the security suite is missing: nothing signed says that there are no security
 * updates, so a mirror, or an attacker between it and us, that answers "not there" must not be able to withhold
 * them. */
static void open_fail_security(struct suite_fetch *f, const struct err *absent)
{
	AUTO_ERR struct err e = ERR_INIT;

	err_set(&e, ERR_VERIFY, "security-absent",
		"the release file of %s is missing, which every mirror of security updates has: %s", f->name,
		absent->text);
	err_hint(&e, "name another mirror (mirror.security_url), or do without security updates: "
		     "mirror.security = no");
	open_fail(f->op, &e);
}

static void open_on_suite(struct suite *s, const struct err *e, void *arg)
{
	struct suite_fetch *f = arg;
	struct open_op *op = f->op;

	op->pending--;
	f->get = NULL;
	suite_free(f->suite);
	f->suite = s;
	for (size_t i = 0; s && i < f->bases.len && s->others.len < OTHERS; i++)
		if (strcmp(f->bases.items[i], s->pub.base))
			strv_add(&s->others, f->bases.items[i]);
	if (op->err.kind != ERR_NONE)
		open_advance(op);
	else if (s)
		open_start_parsed(f);
	else if (f->security && !strcmp(e->id, "http-404"))
		open_fail_security(f, e);
	else if (open_is_absence(e) && !(f->security && !strcmp(e->id, "offline-missing")))
		open_give_up(f, e);
	else
		open_fail(op, e);
}

static void open_start_suite(struct suite_fetch *f)
{
	struct open_op *op = f->op;
	struct suite_request req = {.suite = f->name,
				    .arch = op->arch,
				    .bases = &f->bases,
				    .keys = op->keys.rings,
				    .debian = &op->debian,
				    .pinned = &op->pinned,
				    .fresh = f->restarts > 0};

	open_drop_indices(f);
	f->stage = STAGE_SUITE;
	op->pending++;
	f->get = suite_get_start(&op->a->env, &req, open_on_suite, f);
}

/* --- the beginning --- */

static void open_keys_work(void *arg)
{
	struct open_op *op = arg;

	keys_gather(op->keyring, &op->keys, &op->load_err);
}

static void open_keys_done(void *arg)
{
	struct open_op *op = arg;

	op->pending--;
	if (op->err.kind != ERR_NONE) {
		open_advance(op);
	} else if (op->load_err.kind != ERR_NONE) {
		open_fail(op, &op->load_err);
	} else {
		keys_pinned(&op->keys, &op->release_keys, &op->debian, &op->pinned);
		for (size_t i = 0; i < op->suite_count; i++)
			open_start_suite(&op->suites[i]);
	}
}

static int open_add_suite(struct open_op *op, const struct archive_conf *conf, const char *name, bool optional,
			  bool security, struct err *e)
{
	struct suite_fetch *f = &op->suites[op->suite_count++];

	f->op = op;
	f->name = xstrdup(name);
	f->optional = optional;
	f->security = security;
	return archive_mirror_bases(conf, security, &f->bases, e);
}

static int open_add_suites(struct open_op *op, const struct archive_conf *conf, struct err *e)
{
	const struct catalog_release *rel = catalog_release_find(conf->catalog, conf->release);
	int r;

	if (!rel)
		return err_set(e, ERR_USAGE, "release-unknown", "there is no release %s", conf->release);
	strv_copy(&op->release_keys, &rel->keys);
	r = open_add_suite(op, conf, rel->codename, false, false, e);
	if (!r && conf->updates && rel->updates) {
		char *name = xasprintf("%s-updates", rel->codename);

		r = open_add_suite(op, conf, name, true, false, e);
		free(name);
	}
	if (!r && conf->security && rel->security)
		r = open_add_suite(op, conf, rel->security_suite, true, true, e);
	return r;
}

struct archive_op *archive_open(struct loop *l, const struct archive_conf *conf, archive_progress_fn progress,
				void (*done)(struct archive *a, const struct err *e, void *arg), void *arg)
{
	struct open_op *op = xcalloc(1, sizeof(*op));
	bool snapshot = conf->snapshot && *conf->snapshot;

	op->op.cancel = open_cancel;
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
	op->kernel_arch = conf->kernel_arch && *conf->kernel_arch ? xstrdup(conf->kernel_arch) : NULL;
	op->a->pool = solve_pool_new(op->arch, op->kernel_arch);
	op->a->arch = xstrdup(conf->arch);
	strv_copy(&op->a->components, conf->components);
	if (open_add_suites(op, conf, &op->err) < 0) {
		open_end(op);
	} else {
		op->report = loop_timer_start(l, REPORT_EVERY, REPORT_EVERY, open_on_report, op);
		op->pending++;
		loop_work(l, open_keys_work, open_keys_done, op);
	}
	return &op->op;
}
