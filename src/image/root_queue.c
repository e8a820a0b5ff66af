/* SPDX-License-Identifier: MIT */
/*
 * root_queue: deals packages to lanes, and passes chunks from the workers to the writer. The order
 * in which the writer gets them depends on the packages alone; memory is bounded by what a lane may
 * be ahead.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "root_private.h"

/* Copying costs this much less than unpacking. */
#define COPY_SHARE 16

struct ranked {
	uint64_t weight;
	size_t job;
};

static int root_queue_by_weight(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->job < y->job ? -1 : x->job > y->job;
}

/* Largest first, each to the lane that has least. */
void root_deal(struct root_build *b)
{
	struct ranked *order = xcalloc(b->job_count + 1, sizeof *order);

	for (size_t i = 0; i < b->job_count; i++) {
		struct root_job *job = &b->jobs[i];

		job->weight = job->deb->size / (job->is_extra ? COPY_SHARE : 1) + 1;
		order[i] = (struct ranked){job->weight, i};
	}
	mem_sort(order, b->job_count, sizeof *order, root_queue_by_weight);
	for (size_t i = 0; i < b->job_count; i++) {
		struct lane *lane = &b->lanes[0];

		for (size_t k = 1; k < ROOT_LANES; k++)
			if (b->lanes[k].total < lane->total)
				lane = &b->lanes[k];
		lane->jobs = xreallocarray(lane->jobs, lane->job_count + 1, sizeof *lane->jobs);
		lane->jobs[lane->job_count++] = order[i].job;
		lane->total += order[i].weight;
	}
	for (size_t k = 0; k < ROOT_LANES; k++) {
		b->lanes[k].is_ended = b->lanes[k].job_count == 0;
		b->lanes[k].fd = -1;
	}
	free(order);
}

bool root_share_less(uint64_t x, uint64_t x_total, uint64_t y, uint64_t y_total)
{
	while (x / x_total == y / y_total) {
		uint64_t x_rest = x % x_total, y_rest = y % y_total;

		if (!x_rest || !y_rest)
			return y_rest > 0;
		/* what is left of x is the smaller share where its reciprocal is the greater number */
		x = y_total;
		y = x_total;
		x_total = y_rest;
		y_total = x_rest;
	}
	return x / x_total < y / y_total;
}

/* Whether a at pos x is less far than b at pos y. */
static bool root_queue_is_behind(const struct lane *a, uint64_t x, const struct lane *b, uint64_t y)
{
	return root_share_less(x, a->total, y, b->total);
}

struct lane *root_lane_take(struct root_build *b)
{
	struct lane *best = NULL;
	bool is_over = false;

	pthread_mutex_lock(&b->lock);
	while (!best && !is_over && !atomic_load(&b->stop)) {
		is_over = true;
		for (size_t k = 0; k < ROOT_LANES; k++) {
			struct lane *it = &b->lanes[k];

			if (it->is_ended)
				continue;
			is_over = false;
			if (it->is_busy || it->queued >= ROOT_QUEUE)
				continue;
			if (!best || root_queue_is_behind(it, it->sealed, best, best->sealed))
				best = it;
		}
		if (best)
			best->is_busy = true;
		else if (!is_over)
			pthread_cond_wait(&b->changed, &b->lock);
	}
	pthread_mutex_unlock(&b->lock);
	return best;
}

void root_lane_give(struct root_build *b, struct lane *lane, struct chunk *c)
{
	pthread_mutex_lock(&b->lock);
	lane->is_busy = false;
	lane->is_ended = lane->at == lane->job_count;
	if (c) {
		c->next = NULL;
		if (lane->last)
			lane->last->next = c;
		else
			lane->first = c;
		lane->last = c;
		lane->queued++;
		lane->sealed = c->pos;
	}
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

struct chunk *root_chunk_take(struct root_build *b, struct lane **out)
{
	struct chunk *c = NULL;

	pthread_mutex_lock(&b->lock);
	while (!atomic_load(&b->stop)) {
		struct lane *next = NULL;

		for (size_t k = 0; k < ROOT_LANES; k++) {
			struct lane *it = &b->lanes[k];

			if (it->is_ended && !it->first)
				continue;
			if (!next || root_queue_is_behind(it, it->taken, next, next->taken))
				next = it;
		}
		if (!next)
			break;
		c = next->first;
		if (c) {
			next->first = c->next;
			if (!next->first)
				next->last = NULL;
			next->queued--;
			next->taken = c->pos;
			*out = next;
			pthread_cond_broadcast(&b->changed);
			break;
		}
		pthread_cond_wait(&b->changed, &b->lock);
	}
	pthread_mutex_unlock(&b->lock);
	return c;
}

void chunk_free(struct chunk *c)
{
	if (!c)
		return;
	free(c->ops);
	free(c);
}

void root_fail(struct root_build *b, struct err *e)
{
	/* What was signed and is faulty would be so again. */
	if (e->kind == ERR_VERIFY && !e->hint)
		err_hint(e, "leave the package out, or report the fault to whoever maintains its archive");
	pthread_mutex_lock(&b->lock);
	if (b->err.kind == ERR_NONE)
		err_move(&b->err, e);
	else
		err_fini(e);
	atomic_store(&b->stop, true);
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}
