/* SPDX-License-Identifier: MIT */
/*
 * root_lane: unpacks the packages of a root on several threads and passes their content to one writer.
 *
 * The packages are dealt to a fixed number of lanes. A lane is unpacked from its first package to its last, in
 * chunks; any worker may unpack the next chunk of any lane. The writer always takes the next chunk of the lane that
 * has advanced least, as a share of the lane's compressed bytes. So all lanes end together, and the order of chunks
 * depends on the packages alone. A lane may be a few chunks ahead of the writer, which bounds the memory.
 */
#include "root_lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

#define ROOT_CHUNK (512u << 10) /* bytes of content and names in a chunk */
#define ROOT_QUEUE 6u		/* chunks a lane may be ahead of the writer */

/* A chunk is finished if less space is left: the names of an entry must fit. */
#define ENTRY_SPACE (2 * (DEB_PATH_MAX + 1))
#define CONTROL_MEMBER_MAX (16u << 20)

static const char again[] = "run the command again: the package is then downloaded again";

/* Copying is this much cheaper than unpacking. */
#define COPY_SHARE 16

struct ranked {
	uint64_t weight;
	size_t job;
};

struct root_lane {
	size_t *jobs;
	size_t job_count;
	uint64_t total; /* sum of weights */

	/* used by the worker that claimed the lane */
	size_t at;     /* in jobs */
	uint64_t base; /* sum of the weights of the jobs before */
	int fd;
	struct deb *deb;
	enum { LANE_OPEN, LANE_CONTROL, LANE_DATA, LANE_COPY } state;
	bool in_file;
	uint64_t copied;
	struct hash *copy_hash;

	/* under the lock */
	bool is_busy;
	bool is_ended;
	uint64_t sealed; /* pos of the newest chunk */
	uint64_t taken;	 /* pos of the newest chunk that the writer has taken */
	struct root_chunk *first, *last;
	unsigned queued;
};

struct root_lanes {
	struct root_job *jobs;
	size_t job_count;
	uint64_t total;
	uint64_t max_output; /* bytes that a package may unpack to */
	struct root_lane lanes[ROOT_LANES];

	atomic_bool stop;	    /* failed or cancelled */
	atomic_uint_fast64_t bytes; /* read of all packages */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct err err; /* the first failure; under the lock */
};

/* ---- Unpacking a chunk: on a worker thread, one at a time for each lane */

static struct root_op *root_lane_add_op(struct root_chunk *c, enum root_op_type type)
{
	struct root_op *op;

	if (c->count == c->size) {
		c->size = c->size ? c->size * 2 : 64;
		c->ops = xreallocarray(c->ops, c->size, sizeof *c->ops);
	}
	op = &c->ops[c->count++];
	*op = (struct root_op){.type = type};
	return op;
}

static const char *root_lane_add_string(struct root_chunk *c, const char *s)
{
	size_t n = strlen(s) + 1;
	char *at = (char *)c->bytes + c->used;

	memcpy(at, s, n);
	c->used += n;
	return at;
}

static void root_lane_add_entry(struct root_chunk *c, enum root_op_type type, const struct deb_entry *entry)
{
	struct root_op *op = root_lane_add_op(c, type);

	op->entry = *entry;
	op->entry.path = root_lane_add_string(c, entry->path);
	if (entry->link)
		op->entry.link = root_lane_add_string(c, entry->link);
}

static const struct root_job *root_lane_current(const struct root_lanes *all, const struct root_lane *lane)
{
	return &all->jobs[lane->jobs[lane->at]];
}

static int root_lane_open_job(struct root_lanes *all, struct root_lane *lane, struct err *e)
{
	const struct root_job *job = root_lane_current(all, lane);
	struct stat st;

	lane->fd = file_open(job->deb->path, FILE_READ);
	if (lane->fd < 0 || fstat(lane->fd, &st))
		return err_errno(e, errno, "root-deb", "the package %s cannot be opened", job->deb->name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != job->deb->size) {
		err_set(e, ERR_VERIFY, "root-mismatch", "the file of package %s differs in size from the index",
			job->deb->name);
		return err_hint(e, "%s", again);
	}
	lane->in_file = false;
	if (job->is_extra) {
		lane->state = LANE_COPY;
		lane->copied = 0;
		lane->copy_hash = hash_new();
		return 0;
	}
	lane->deb = deb_open(lane->fd, job->deb->name, e);
	if (!lane->deb)
		return -1;
	deb_limit(lane->deb, all->max_output);
	lane->state = LANE_CONTROL;
	return deb_enter(lane->deb, DEB_CONTROL, e);
}

static void root_lane_close(struct root_lane *lane)
{
	deb_free(lane->deb);
	lane->deb = NULL;
	hash_free(lane->copy_hash);
	lane->copy_hash = NULL;
	if (lane->fd >= 0)
		close(lane->fd);
	lane->fd = -1;
	lane->state = LANE_OPEN;
}

static int root_lane_check_digest(const struct root_job *job, const uint8_t sha256[HASH_SIZE], uint64_t size,
				  struct err *e)
{
	if (size == job->deb->size && memcmp(sha256, job->deb->sha256, HASH_SIZE) == 0)
		return 0;
	err_set(e, ERR_VERIFY, "root-mismatch",
		"the file of package %s was changed: its SHA-256 is not the verified one", job->deb->name);
	return err_hint(e, "%s", again);
}

/* Ends a job; fails if its file is not the one of the index. */
static int root_lane_end_job(struct root_lanes *all, struct root_lane *lane, struct root_chunk *c, struct err *e)
{
	const struct root_job *job = root_lane_current(all, lane);
	uint8_t sha256[HASH_SIZE];
	uint64_t size = lane->copied;

	if (job->is_extra) {
		hash_end(lane->copy_hash, sha256);
		lane->copy_hash = NULL;
	} else if (deb_finish(lane->deb, sha256, &size, e)) {
		return -1;
	}
	if (root_lane_check_digest(job, sha256, size, e))
		return -1;
	root_lane_add_op(c, OP_END);
	root_lane_close(lane);
	lane->base += job->weight;
	lane->at++;
	return 0;
}

/* Adds content of the current file until it ends or the chunk is full. */
static int root_lane_fill_content(struct root_lane *lane, struct root_chunk *c, struct err *e)
{
	size_t space = ROOT_CHUNK - c->used;
	ssize_t n = deb_read(lane->deb, c->bytes + c->used, space, e);
	struct root_op *op;

	if (n < 0)
		return -1;
	if ((size_t)n < space)
		lane->in_file = false;
	if (n == 0)
		return 0;
	op = root_lane_add_op(c, OP_BYTES);
	op->data = c->bytes + c->used;
	op->len = (size_t)n;
	c->used += (size_t)n;
	return 0;
}

/* Adds one entry or a piece of content. *ended: the package has no more. */
static int root_lane_fill_deb(struct root_lanes *all, struct root_lane *lane, struct root_chunk *c, bool *ended,
			      struct err *e)
{
	struct deb_entry entry;
	int r;

	if (lane->in_file)
		return root_lane_fill_content(lane, c, e);
	r = deb_next(lane->deb, &entry, e);
	if (r < 0)
		return -1;
	if (r == 0) {
		*ended = lane->state == LANE_DATA;
		if (*ended)
			return 0;
		lane->state = LANE_DATA;
		return deb_enter(lane->deb, DEB_DATA, e);
	}
	if (lane->state == LANE_CONTROL && entry.size > CONTROL_MEMBER_MAX)
		return err_set(e, ERR_VERIFY, "deb-too-large", "%s in package %s is too large", entry.path,
			       root_lane_current(all, lane)->deb->name);
	root_lane_add_entry(c, lane->state == LANE_CONTROL ? OP_CONTROL : OP_ENTRY, &entry);
	lane->in_file = entry.size > 0;
	return 0;
}

static int root_lane_fill_copy(struct root_lanes *all, struct root_lane *lane, struct root_chunk *c, bool *ended,
			       struct err *e)
{
	const struct root_deb *deb = root_lane_current(all, lane)->deb;
	size_t space = ROOT_CHUNK - c->used;
	struct root_op *op;
	ssize_t n;

	if (lane->copied == 0 && !lane->in_file) {
		struct deb_entry entry = {.path = "", .type = DEB_FILE, .size = deb->size};

		root_lane_add_entry(c, OP_ENTRY, &entry);
		lane->in_file = true;
		return 0;
	}
	if (space > deb->size - lane->copied)
		space = (size_t)(deb->size - lane->copied);
	*ended = space == 0;
	if (*ended)
		return 0;
	n = file_read_at(lane->fd, c->bytes + c->used, space, lane->copied);
	if (n <= 0)
		return err_errno(e, n < 0 ? errno : EIO, "root-deb", "the package %s cannot be read", deb->name);
	op = root_lane_add_op(c, OP_BYTES);
	op->data = c->bytes + c->used;
	op->len = (size_t)n;
	hash_add(lane->copy_hash, op->data, op->len);
	c->used += op->len;
	lane->copied += op->len;
	return 0;
}

static uint64_t root_lane_job_position(const struct root_lane *lane)
{
	return lane->state == LANE_COPY ? lane->copied : deb_position(lane->deb);
}

static int root_lane_fill(struct root_lanes *all, struct root_lane *lane, struct root_chunk *c, struct err *e)
{
	const struct root_job *job = root_lane_current(all, lane);
	uint64_t before = lane->state == LANE_OPEN ? 0 : root_lane_job_position(lane);
	uint64_t after;
	bool ended = false;
	int r = 0;

	if (lane->state == LANE_OPEN && root_lane_open_job(all, lane, e))
		return -1;
	while (r == 0 && !ended && ROOT_CHUNK - c->used > ENTRY_SPACE && !atomic_load(&all->stop))
		r = lane->state == LANE_COPY ? root_lane_fill_copy(all, lane, c, &ended, e)
					     : root_lane_fill_deb(all, lane, c, &ended, e);
	if (r)
		return -1;
	after = ended ? job->deb->size : root_lane_job_position(lane);
	atomic_fetch_add(&all->bytes, after - before);
	if (ended)
		r = root_lane_end_job(all, lane, c, e);
	if (r == 0)
		c->pos = ended ? lane->base : lane->base + job->weight * after / (job->deb->size + 1);
	return r;
}

static struct root_chunk *root_lane_unpack(struct root_lanes *all, struct root_lane *lane)
{
	struct root_chunk *c = xmalloc(sizeof *c + ROOT_CHUNK);
	struct err e = ERR_INIT;

	c->ops = NULL;
	c->count = 0;
	c->size = 0;
	c->used = 0;
	c->job = lane->jobs[lane->at];
	if (root_lane_fill(all, lane, c, &e)) {
		root_lanes_fail(all, &e);
		root_chunk_free(c);
		return NULL;
	}
	return c;
}

/* ---- The order of lanes and chunks */

static int root_lane_by_weight(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->job < y->job ? -1 : x->job > y->job;
}

/* Distributes the packages, largest first, each to the lane with the least. */
static void root_lane_deal(struct root_lanes *all)
{
	struct ranked *order = xcalloc(all->job_count + 1, sizeof *order);

	for (size_t i = 0; i < all->job_count; i++) {
		struct root_job *job = &all->jobs[i];

		job->weight = job->deb->size / (job->is_extra ? COPY_SHARE : 1) + 1;
		order[i] = (struct ranked){job->weight, i};
	}
	mem_sort(order, all->job_count, sizeof *order, root_lane_by_weight);
	for (size_t i = 0; i < all->job_count; i++) {
		struct root_lane *lane = &all->lanes[0];

		for (size_t k = 1; k < ROOT_LANES; k++)
			if (all->lanes[k].total < lane->total)
				lane = &all->lanes[k];
		lane->jobs = xreallocarray(lane->jobs, lane->job_count + 1, sizeof *lane->jobs);
		lane->jobs[lane->job_count++] = order[i].job;
		lane->total += order[i].weight;
	}
	for (size_t k = 0; k < ROOT_LANES; k++) {
		all->lanes[k].is_ended = all->lanes[k].job_count == 0;
		all->lanes[k].fd = -1;
	}
	free(order);
}

bool root_share_less(uint64_t x, uint64_t x_total, uint64_t y, uint64_t y_total)
{
	while (x / x_total == y / y_total) {
		uint64_t x_rest = x % x_total, y_rest = y % y_total;

		if (!x_rest || !y_rest)
			return y_rest > 0;
		/* the rest of x is the smaller share if its reciprocal is the greater number */
		x = y_total;
		y = x_total;
		x_total = y_rest;
		y_total = x_rest;
	}
	return x / x_total < y / y_total;
}

/* Returns whether a at pos x has advanced less than b at pos y. */
static bool root_lane_is_behind(const struct root_lane *a, uint64_t x, const struct root_lane *b, uint64_t y)
{
	return root_share_less(x, a->total, y, b->total);
}

static struct root_lane *root_lane_claim(struct root_lanes *all)
{
	struct root_lane *best = NULL;
	bool is_over = false;

	pthread_mutex_lock(&all->lock);
	while (!best && !is_over && !atomic_load(&all->stop)) {
		is_over = true;
		for (size_t k = 0; k < ROOT_LANES; k++) {
			struct root_lane *it = &all->lanes[k];

			if (it->is_ended)
				continue;
			is_over = false;
			if (it->is_busy || it->queued >= ROOT_QUEUE)
				continue;
			if (!best || root_lane_is_behind(it, it->sealed, best, best->sealed))
				best = it;
		}
		if (best)
			best->is_busy = true;
		else if (!is_over)
			pthread_cond_wait(&all->changed, &all->lock);
	}
	pthread_mutex_unlock(&all->lock);
	return best;
}

static void root_lane_release(struct root_lanes *all, struct root_lane *lane, struct root_chunk *c)
{
	pthread_mutex_lock(&all->lock);
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
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

struct root_chunk *root_lanes_take(struct root_lanes *all)
{
	struct root_chunk *c = NULL;

	pthread_mutex_lock(&all->lock);
	while (!atomic_load(&all->stop)) {
		struct root_lane *next = NULL;

		for (size_t k = 0; k < ROOT_LANES; k++) {
			struct root_lane *it = &all->lanes[k];

			if (it->is_ended && !it->first)
				continue;
			if (!next || root_lane_is_behind(it, it->taken, next, next->taken))
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
			c->lane = (unsigned)(next - all->lanes);
			pthread_cond_broadcast(&all->changed);
			break;
		}
		pthread_cond_wait(&all->changed, &all->lock);
	}
	pthread_mutex_unlock(&all->lock);
	return c;
}

void root_chunk_free(struct root_chunk *c)
{
	if (!c)
		return;
	free(c->ops);
	free(c);
}

void root_lanes_fail(struct root_lanes *all, struct err *e)
{
	/* A signed package that is faulty stays faulty. */
	if (e->kind == ERR_VERIFY && !e->hint)
		err_hint(e, "leave the package out, or report the fault to whoever maintains its archive");
	pthread_mutex_lock(&all->lock);
	if (all->err.kind == ERR_NONE)
		err_move(&all->err, e);
	else
		err_fini(e);
	atomic_store(&all->stop, true);
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

/* ---- All lanes */

struct root_lanes *root_lanes_new(const struct root_request *req)
{
	struct root_lanes *all = xcalloc(1, sizeof *all);

	all->max_output = req->size;
	all->job_count = req->deb_count + req->extra_count;
	all->jobs = xcalloc(all->job_count + 1, sizeof *all->jobs);
	for (size_t i = 0; i < all->job_count; i++) {
		bool is_extra = i >= req->deb_count;

		all->jobs[i].is_extra = is_extra;
		all->jobs[i].deb = is_extra ? &req->extras[i - req->deb_count] : &req->debs[i];
		all->total += all->jobs[i].deb->size;
	}
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	root_lane_deal(all);
	return all;
}

void root_lanes_free(struct root_lanes *all)
{
	for (size_t i = 0; i < ROOT_LANES; i++) {
		struct root_lane *lane = &all->lanes[i];

		root_lane_close(lane);
		while (lane->first) {
			struct root_chunk *next = lane->first->next;

			root_chunk_free(lane->first);
			lane->first = next;
		}
		free(lane->jobs);
	}
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->changed);
	err_fini(&all->err);
	free(all->jobs);
	free(all);
}

void root_lanes_unpack(struct root_lanes *all)
{
	struct root_lane *lane;

	while ((lane = root_lane_claim(all)))
		root_lane_release(all, lane, root_lane_unpack(all, lane));
}

const struct root_job *root_lanes_job(const struct root_lanes *all, size_t job)
{
	return &all->jobs[job];
}

uint64_t root_lanes_bytes(struct root_lanes *all, uint64_t *total)
{
	*total = all->total;
	return atomic_load(&all->bytes);
}

bool root_lanes_failed(struct root_lanes *all)
{
	return atomic_load(&all->stop);
}

void root_lanes_error(struct root_lanes *all, struct err *e)
{
	pthread_mutex_lock(&all->lock);
	err_move(e, &all->err);
	pthread_mutex_unlock(&all->lock);
}
