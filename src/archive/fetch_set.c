/* SPDX-License-Identifier: MIT */
/*
 * fetch_set: archive_fetch. A window of fetches over the set, the largest first so that the end is
 * not one big file alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "fetch.h"
#include "state.h"

#define WINDOW 16 /* files under way: each holds a descriptor and a lock */
#define RETRIES 2 /* of a file that is not there, though the index lists it */
#define RETRY_PAUSE 2000
#define REPORT_EVERY 100 /* ms */

struct fetch_op;

struct item {
	struct fetch_op *op;
	char *name;
	char *url;
	struct strv others; /* where other mirrors have it */
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
	struct err e = ERR_INIT;

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
	err_fini(&e);
}

static void fetch_set_report(void *arg)
{
	struct fetch_op *op = arg;
	uint64_t done = op->done_bytes;
	const char *name = NULL;
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
	text = name ? xasprintf("%zu of %zu packages, %s", op->ready, op->len, name)
		    : xasprintf("%zu of %zu packages", op->ready, op->len);
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
			err_hint(&op->err, "try again in a while or name another mirror");
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
	struct strv urls = STRV_INIT;

	strv_add(&urls, it->url);
	req.urls = &urls;
	memcpy(req.sha256, it->sha256, HASH_SIZE);
	it->op->active++;
	it->fetch = fetch_start(&it->op->a->env, &req, fetch_set_on_fetched, it);
	strv_fini(&urls);
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

/* Its URLs on the mirrors that its suite could have come from as well. */
static void fetch_set_find_others(const struct archive *a, const struct package *p, struct strv *out)
{
	for (size_t i = 0; i < a->suite_count; i++) {
		const struct suite *s = a->suites[i];
		size_t n = strlen(s->pub.base);

		/* the longest base that fits would be the right one; equal bases have equal others */
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
	op->items = xcalloc(set->len + 1, sizeof(*op->items));
	for (size_t i = 0; i < set->len; i++) {
		const struct package *p = &set->items[i];

		op->items[i] = (struct item){.op = op, .size = p->size};
		op->items[i].name = xasprintf("%s %s", p->name, p->version);
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
