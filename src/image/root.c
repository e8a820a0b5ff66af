/* SPDX-License-Identifier: MIT */
/*
 * root: builds the image of a root. root_build_start and the callbacks run on the loop's thread; the work runs in
 * loop_work items: several unpack (root_lane.c), one writes (root_write.c).
 */
#include "image/root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"
#include "root_write.h"

#define PROGRESS_MS 100
#define SIZE_UNIT (1u << 20)

struct root_build {
	struct loop *loop;
	const struct root_request *req;
	root_progress_fn progress;
	root_done_fn done;
	void *arg;
	struct loop_timer *timer;
	unsigned running; /* work items that have not ended */
	struct root_lanes *lanes;
	struct root_file *listed; /* of req->file_list */
	size_t listed_count;
	int fd;
	atomic_bool cancelled;
	atomic_size_t current; /* job being written, + 1 */
};

/* ---- Lists of files: an asset with lines of `MODE PATH` or `MODE PATH -> TARGET` */

static void root_list_free(struct root_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((char *)files[i].path);
		free((char *)files[i].link);
	}
	free(files);
}

static int root_list_bad_line(const char *list, size_t line, struct err *e)
{
	return err_set(e, ERR_FAILED, "root-list", "%s:%zu is not a line of a file list", list, line);
}

static int root_list_read_line(const char *list, size_t number, struct strv *words, struct root_file *f, struct err *e)
{
	const struct asset *a;
	const char *slash = strrchr(list, '/');
	char *end, *name;

	f->mode = (unsigned)strtoul(words->items[0], &end, 8);
	if (*end || f->mode > 07777 || words->items[1][0] != '/')
		return root_list_bad_line(list, number, e);
	f->path = xstrdup(words->items[1]);
	if (words->len == 4) {
		f->link = xstrdup(words->items[3]);
		return 0;
	}
	name = xasprintf("%.*s/root%s", slash ? (int)(slash - list) : 0, list, f->path);
	a = asset_get(*name == '/' ? name + 1 : name, e);
	free(name);
	if (!a)
		return -1;
	f->data = a->data;
	f->len = a->len;
	return 0;
}

static int root_list_load(const char *list, struct root_file **out, size_t *count, struct err *e)
{
	const struct asset *a = asset_get(list, e);
	struct root_file *files = NULL;
	size_t n = 0, number = 0;
	const char *p;
	int r = 0;

	if (!a)
		return -1;
	for (p = (const char *)a->data; r == 0 && *p; p += *p == '\n') {
		struct strv words = STRV_INIT;
		char *line = xstrndup(p, strcspn(p, "\n"));

		number++;
		p += strlen(line);
		strv_split(&words, line, " \t\r");
		free(line);
		if (words.len > 0 && words.items[0][0] != '#') {
			files = xreallocarray(files, n + 1, sizeof *files);
			files[n] = (struct root_file){.path = NULL};
			n++;
			if (words.len == 2 || (words.len == 4 && strcmp(words.items[2], "->") == 0))
				r = root_list_read_line(list, number, &words, &files[n - 1], e);
			else
				r = root_list_bad_line(list, number, e);
		}
		strv_fini(&words);
	}
	if (r) {
		root_list_free(files, n);
		return -1;
	}
	*out = files;
	*count = n;
	return 0;
}

/* ---- A build */

static void root_free_build(struct root_build *b)
{
	root_lanes_free(b->lanes);
	if (b->fd >= 0)
		close(b->fd);
	root_list_free(b->listed, b->listed_count);
	free(b);
}

static void root_unpack_work(void *arg)
{
	struct root_build *b = arg;

	root_lanes_unpack(b->lanes);
}

static void root_write_work(void *arg)
{
	struct root_build *b = arg;
	struct root_content from = {
		.req = b->req,
		.fd = b->fd,
		.lanes = b->lanes,
		.listed = b->listed,
		.listed_count = b->listed_count,
		.current = &b->current,
	};
	struct err e = ERR_INIT;

	if (root_write(&from, &e))
		root_lanes_fail(b->lanes, &e);
}

static void root_report(struct root_build *b)
{
	size_t at = atomic_load(&b->current);
	uint64_t total, bytes = root_lanes_bytes(b->lanes, &total);

	if (b->progress)
		b->progress(bytes, total, at ? root_lanes_job(b->lanes, at - 1)->deb->name : NULL, b->arg);
}

static void root_report_tick(void *arg)
{
	root_report(arg);
}

static void root_work_done(void *arg)
{
	struct root_build *b = arg;
	bool failed = root_lanes_failed(b->lanes);
	struct err e = ERR_INIT;

	if (--b->running > 0)
		return;
	loop_timer_stop(b->timer);
	if (!failed) {
		root_report(b);
	} else {
		unlink(b->req->output);
		close(b->fd); /* frees the disk space before the failure is reported */
		b->fd = -1;
	}
	root_lanes_error(b->lanes, &e);
	if (atomic_load(&b->cancelled))
		err_set(&e, ERR_INTERRUPTED, "interrupted", "building the root was interrupted");
	b->done(failed ? &e : NULL, b->arg);
	err_fini(&e);
	root_free_build(b);
}

static unsigned root_count_workers(const struct root_request *req)
{
	unsigned most = loop_work_width() - 1; /* the writer needs one thread, or all would wait */
	unsigned n = req->workers ? req->workers : loop_cpus();

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
		return err_errno(e, errno, "root-output", "%s cannot be created", req->output);
	if (ftruncate(b->fd, (off_t)req->size)) {
		err_errno(e, errno, "root-output", "%s cannot be given its size", req->output);
		unlink(req->output);
		return -1;
	}
	return 0;
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
	b->lanes = root_lanes_new(request);
	if ((request->file_list && root_list_load(request->file_list, &b->listed, &b->listed_count, e)) ||
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
	root_lanes_fail(b->lanes, &e);
}
