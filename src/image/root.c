/* SPDX-License-Identifier: MIT */
/*
 * root: starts and ends the building of a root image. In: a request, on the loop's thread. Out: the
 * finished image, or none. The work itself runs in loop_work items: several that unpack and one
 * that writes.
 */
#include "image/root.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "root_private.h"

#define PROGRESS_MS 100
#define SIZE_UNIT (1u << 20)

static void root_free_build(struct root_build *b)
{
	for (size_t i = 0; i < ROOT_LANES; i++) {
		struct lane *lane = &b->lanes[i];

		lane_close(lane);
		while (lane->first) {
			struct chunk *next = lane->first->next;

			chunk_free(lane->first);
			lane->first = next;
		}
		free(lane->jobs);
	}
	if (b->fd >= 0)
		close(b->fd);
	root_files_free(b->listed, b->listed_count);
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->changed);
	err_fini(&b->err);
	free(b->jobs);
	free(b);
}

static void root_unpack_work(void *arg)
{
	struct root_build *b = arg;
	struct lane *lane;

	while ((lane = root_lane_take(b)))
		root_lane_give(b, lane, lane_unpack(b, lane));
}

static void root_write_work(void *arg)
{
	root_write(arg);
}

static void root_report(struct root_build *b)
{
	size_t at = atomic_load(&b->current);

	if (b->progress)
		b->progress(atomic_load(&b->bytes), b->total, at ? b->jobs[at - 1].deb->name : NULL, b->arg);
}

static void root_report_tick(void *arg)
{
	root_report(arg);
}

static void root_work_done(void *arg)
{
	struct root_build *b = arg;
	bool failed = atomic_load(&b->stop);

	if (--b->running > 0)
		return;
	loop_timer_stop(b->timer);
	if (!failed) {
		root_report(b);
	} else {
		unlink(b->req->output);
		close(b->fd); /* its room is free now, for whoever is told */
		b->fd = -1;
	}
	if (atomic_load(&b->cancelled))
		err_set(&b->err, ERR_INTERRUPTED, "interrupted", "making the root was interrupted");
	b->done(failed ? &b->err : NULL, b->arg);
	root_free_build(b);
}

static unsigned root_count_workers(const struct root_request *req)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned most = loop_work_width() - 1; /* the writer needs one, or all would wait */
	unsigned n = req->workers ? req->workers : cpus > 0 ? (unsigned)cpus : 1;

	if (n > ROOT_LANES)
		n = ROOT_LANES;
	return n > most ? most : n;
}

static int root_open_output(struct root_build *b, struct err *e)
{
	const struct root_request *req = b->req;

	if (req->size % SIZE_UNIT || req->size < ROOT_START + ROOT_ESP_SIZE + 2 * ROOT_ESP_SIZE || req->epoch <= 0)
		return err_set(e, ERR_FAILED, "root-size", "a root disk cannot have %llu bytes",
			       (unsigned long long)req->size);
	if (unlink(req->output) && errno != ENOENT)
		return err_errno(e, errno, "root-output", "%s cannot be replaced", req->output);
	b->fd = file_open(req->output, FILE_READ | FILE_NEW);
	if (b->fd < 0)
		return err_errno(e, errno, "root-output", "%s cannot be made", req->output);
	if (ftruncate(b->fd, (off_t)req->size)) {
		err_errno(e, errno, "root-output", "%s cannot be given its size", req->output);
		unlink(req->output);
		return -1;
	}
	return 0;
}

static void root_list_jobs(struct root_build *b)
{
	const struct root_request *req = b->req;

	b->job_count = req->deb_count + req->extra_count;
	b->jobs = xcalloc(b->job_count + 1, sizeof *b->jobs);
	for (size_t i = 0; i < b->job_count; i++) {
		bool is_extra = i >= req->deb_count;

		b->jobs[i].is_extra = is_extra;
		b->jobs[i].deb = is_extra ? &req->extras[i - req->deb_count] : &req->debs[i];
		b->total += b->jobs[i].deb->size;
	}
	root_deal(b);
}

struct root_build *root_build_start(struct loop *l, const struct root_request *request, root_progress_fn progress,
				    root_done_fn done, void *arg, struct err *e)
{
	struct root_build *b = xcalloc(1, sizeof *b);
	unsigned workers;

	b->loop = l;
	b->req = request;
	b->progress = progress;
	b->done = done;
	b->arg = arg;
	b->fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	root_list_jobs(b);
	if ((request->file_list && root_files_load(request->file_list, &b->listed, &b->listed_count, e)) ||
	    root_open_output(b, e)) {
		root_free_build(b);
		return NULL;
	}
	workers = root_count_workers(request);
	b->running = workers + 1;
	b->timer = loop_timer_start(l, PROGRESS_MS, PROGRESS_MS, root_report_tick, b);
	loop_work(l, root_write_work, root_work_done, b);
	for (unsigned i = 0; i < workers; i++)
		loop_work(l, root_unpack_work, root_work_done, b);
	return b;
}

void root_build_cancel(struct root_build *b)
{
	struct err e = ERR_INIT;

	atomic_store(&b->cancelled, true);
	root_fail(b, &e);
}
