/* SPDX-License-Identifier: MIT */
/*
 * step image: makes the base's disk of an existing image (machine.method = image) in place of packages: a copy, so that
 * the image may change or go afterwards, or (disk.image_copy = no) a hard link to the image itself. An image on a
 * server is downloaded into the cache first.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/download.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define PROGRESS_MS 200
#define TOTAL 1000

struct imaging {
	struct step_run *run;
	struct job *job;
	struct archive_op *download; /* while it runs */
	struct loop_timer *timer;
	atomic_bool cancel;
	atomic_uint permille;
	char *path;
	struct err error;
	int result;
};

static void step_image_on_share(double percent, void *arg)
{
	atomic_store(&((struct imaging *)arg)->permille, (unsigned)(percent * TOTAL / 100));
}

static void step_image_on_timer(void *arg)
{
	struct imaging *m = arg;

	step_progress(m->run, atomic_load(&m->permille), TOTAL);
}

/* Compares a file of this host with the digest that the machine's file has of it. */
static int step_image_check_digest(const struct imaging *m, struct err *e)
{
	const char *digest = m->job->spec->image_digest;
	AUTO_CLOSE int fd = file_open(m->path, FILE_READ | FILE_FOLLOW);
	bool same = false;

	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "drive-missing" : "drive-bad", "cannot read %s", m->path);
	if (hash_check_fd(fd, digest, &same, e) < 0)
		return -1;
	if (same)
		return 0;
	err_set(e, ERR_VERIFY, "download-digest", "%s is not the file with the digest %.16s…", m->path, digest);
	return err_hint(e, "if its publisher has replaced the file, write its new digest in disk.image_digest");
}

static int step_image_make(struct imaging *m, const char *to)
{
	const struct spec *s = m->job->spec;

	if (!s->image_copy)
		return disk_link_image(m->path, to, s->disk_size, &m->error);
	return disk_copy_image(m->path, to, s->disk_size, &m->cancel, step_image_on_share, m, &m->error);
}

static void step_image_work(void *arg)
{
	struct imaging *m = arg;
	const struct spec *s = m->job->spec;
	AUTO_FREE char *to = job_part_file(m->job, "disk.raw");

	m->result = *s->image_digest && !spec_image_is_url(s) ? step_image_check_digest(m, &m->error) : 0;
	if (!m->result)
		m->result = step_image_make(m, to);
	if (!m->result)
		m->result = disk_image_examine(to, "raw", &m->job->image, &m->error);
	if (!m->result)
		m->result = job_check_image(m->job, m->path, &m->job->image, &m->error);
	if (m->result < 0)
		unlink(to);
	if (m->result < 0)
		job_hint_space(m->job->making->part_dir, to, s->disk_size, &m->error);
}

static void step_image_done(void *arg)
{
	struct imaging *m = arg;

	loop_timer_stop(m->timer);
	step_set_state(m->run, NULL);
	if (m->result < 0)
		step_fail(m->run, &m->error);
	else
		step_done(m->run, m->job->spec->image);
	free(m->path);
	free(m);
}

static void step_image_copy(struct imaging *m)
{
	step_text(m->run, m->job->spec->image_copy ? "copying %s" : "linking to %s", m->path);
	m->timer = loop_timer_start(m->job->loop, PROGRESS_MS, PROGRESS_MS, step_image_on_timer, m);
	loop_work(m->job->loop, step_image_work, step_image_done, m);
}

static void step_image_on_bytes(uint64_t done, uint64_t total, const char *text, void *arg)
{
	struct imaging *m = arg;
	char size[SIZE_TEXT];

	(void)total;
	(void)text;
	step_text(m->run, "downloading it, %s so far", size_human(done, size));
}

static void step_image_on_downloaded(const char *path, const char *digest, const struct err *e, void *arg)
{
	struct imaging *m = arg;

	m->download = NULL;
	if (e) {
		err_copy(&m->error, e);
		m->result = -1;
		step_image_done(m);
		return;
	}
	m->path = xstrdup(path);
	step_log(m->run, digest);
	step_image_copy(m);
}

static void step_image_download(struct imaging *m)
{
	const struct spec *s = m->job->spec;
	struct download_conf conf = {
		.url = s->image,
		.digest = s->image_digest,
		.cache_dir = m->job->store->cache_dir,
		.proxy = s->proxy,
		.offline = m->job->options.offline,
	};

	if (!*s->image_digest && !strncmp(s->image, "http:", 5))
		step_warn(m->run,
			  "the digest of the image comes by http, without a proof of who wrote it; an address by "
			  "https, or disk.image_digest, would be one");
	m->download = download_start(m->job->loop, &conf, step_image_on_bytes, step_image_on_downloaded, m);
}

static void step_image_start(struct step_run *run, void *job)
{
	struct imaging *m = xcalloc(1, sizeof(*m));
	struct job *j = job;
	int begun = job_begin_base(j, &j->base, &m->error);

	m->run = run;
	m->job = j;
	if (begun) {
		if (begun < 0)
			step_fail(run, &m->error);
		else
			step_again(run, JOB_BASE_EXISTS);
		free(m);
		return;
	}
	step_set_state(run, m);
	if (spec_image_is_url(j->spec)) {
		step_image_download(m);
		return;
	}
	m->path = spec_path(j->spec, j->spec->image);
	step_image_copy(m);
}

static void step_image_cancel(struct step_run *run, void *job)
{
	struct imaging *m = step_state(run);

	(void)job;
	atomic_store(&m->cancel, true);
	if (m->download)
		archive_cancel(m->download);
}

static const char *step_image_kind(const struct job *j)
{
	return j->spec->image_copy ? "image" : "image-link";
}

static double step_image_expect(const void *job)
{
	bool copy = ((const struct job *)job)->spec->image_copy;

	return job_expect(job, step_image_kind(job), copy ? 20 : 1);
}

static void step_image_took(void *job, uint64_t ms)
{
	job_took(job, step_image_kind(job), ms);
}

const struct step_ops step_image = {
	.id = "image",
	.title = "Image",
	.about = "The existing image, copied or as it is, in place of packages.",
	.expect = step_image_expect,
	.took = step_image_took,
	.applies = job_is_image,
	.is_done = job_has_base,
	.start = step_image_start,
	.cancel = step_image_cancel,
};
