/* SPDX-License-Identifier: MIT */
/* root_writing: writes a disk image from packages in a step, and works on it (root_writing.h). */
#include "root_writing.h"

#include <stdlib.h>
#include <string.h>

#include "archive/cache.h"

const char *root_writing_keep(struct root_writing *w, char *word)
{
	strv_take(&w->words, word);
	return word;
}

struct root_deb root_writing_deb(struct root_writing *w, const struct package *p)
{
	struct root_deb deb = {
		.name = p->name,
		.version = p->version,
		.arch = p->arch,
		.path = root_writing_keep(w, cache_path(w->job->store->cache_dir, p->sha256)),
		.size = p->size,
	};

	memcpy(deb.sha256, p->sha256, HASH_SIZE);
	return deb;
}

static void root_writing_work(void *arg)
{
	struct root_writing *w = arg;

	w->result = w->work(w, &w->error);
}

static void root_writing_worked(void *arg)
{
	struct root_writing *w = arg;

	if (w->cancelled && !w->result)
		w->result = err_set(&w->error, ERR_INTERRUPTED, "interrupted", "interrupted");
	w->end(w, w->result < 0 ? &w->error : NULL);
}

static void root_writing_on_progress(uint64_t done, uint64_t total, const char *package, void *arg)
{
	struct root_writing *w = arg;

	if (package)
		step_text(w->run, "%s", package);
	step_progress(w->run, done, total);
}

static void root_writing_on_done(const struct err *error, void *arg)
{
	struct root_writing *w = arg;

	w->build = NULL;
	if (error) {
		err_copy(&w->error, error);
		w->end(w, &w->error);
		return;
	}
	step_text(w->run, "%s", w->then);
	loop_work(w->job->loop, root_writing_work, root_writing_worked, w);
}

void root_writing_start(struct root_writing *w, const char *name)
{
	size_t count;

	w->output = job_part_file(w->job, name);
	w->request.output = w->output;
	w->request.epoch = (int64_t)archive_suites(w->job->archive, &count)[0].date;
	w->build = root_build_start(w->job->loop, &w->request, root_writing_on_progress, root_writing_on_done, w,
				    &w->error);
	if (!w->build)
		w->end(w, &w->error);
}

void root_writing_cancel(struct root_writing *w)
{
	w->cancelled = true;
	if (w->build)
		root_build_cancel(w->build);
}

void root_writing_fini(struct root_writing *w)
{
	free(w->output);
	strv_fini(&w->words);
	err_fini(&w->error);
}
