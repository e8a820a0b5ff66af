/* SPDX-License-Identifier: MIT */
/*
 * offers_estimate: what making the machine takes: to fetch, on disk, in time. Solved on a pool
 * thread, with the archive to itself; nothing is asked where the base image is there already.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "offers_private.h"
#include "prepare/job.h"
#include "prepare/steps.h"

static struct wizard_row *say(struct wizard_request *r, const char *label, struct buf *text)
{
	struct wizard_row *row = wizard_rows_add(&r->rows, text->data, label);

	buf_fini(text);
	return row;
}

/* Seconds that the steps to do are expected to take, and their titles. */
static double expected(struct job *j, struct buf *titles)
{
	double seconds = 0;

	for (size_t i = 0; i < recipe_step_count; i++) {
		const struct step_ops *s = recipe_steps[i];
		char *why = NULL;
		bool done;

		if (s->applies && !s->applies(j))
			continue;
		done = s->is_done && s->is_done(j, &why);
		free(why);
		if (done)
			continue;
		if (s->expect && s->expect(j) >= 2)
			buf_addf(titles, "%s%s", titles->len ? ", " : "", s->title);
		seconds += s->expect ? s->expect(j) : 0.3;
	}
	return seconds;
}

static char *about(double seconds)
{
	unsigned s = (unsigned)(seconds + 0.5);

	if (s < 60)
		return xasprintf("about %u s", s < 1 ? 1 : s);
	s = (s + 5) / 10 * 10;
	return s % 60 ? xasprintf("about %u min %u s", s / 60, s % 60) : xasprintf("about %u min", s / 60);
}

static void say_work(struct wizard_request *r, struct job *j)
{
	struct wizard_row *row;
	struct buf b;
	char *time;

	buf_init(&b, 0);
	time = about(expected(j, &b));
	if (!b.len)
		buf_adds(&b, "nothing that takes long");
	row = say(r, "To do", &b);
	wizard_row_text(&row->columns[0], time);
	free(time);
}

/* The base image is there, or the machine is made. */
static void say_ready(struct wizard_request *r, struct job *j)
{
	struct buf b;
	char *why = NULL;

	if (job_has_base(j, &why)) {
		buf_init(&b, 0);
		buf_addf(&b, "nothing: %s", why);
		say(r, "Download", &b);
		free(why);
	}
}

static void say_download(struct wizard_request *r, const struct job *j)
{
	const struct package_set *sets[] = {&j->packages, &j->firmware};
	uint64_t fetch = 0, installed = 0;
	size_t count = 0;
	char text[SIZE_TEXT];
	struct buf b;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sets[k]->len; i++) {
			const struct package *p = &sets[k]->items[i];
			int fd = archive_cache_open(j->store->cache_dir, p->sha256, p->size, false, NULL);

			if (fd >= 0)
				close(fd);
			else
				fetch += p->size;
			installed += k ? 0 : p->installed;
			count++;
		}
	buf_init(&b, 0);
	if (fetch)
		buf_addf(&b, "%s, ", size_human(fetch, text));
	buf_addf(&b, "%zu packages%s", count, fetch ? "" : ", all of them in the cache");
	say(r, "Download", &b);
	buf_init(&b, 0);
	/* The base image holds it; a machine's own disk begins nearly empty. */
	buf_addf(&b, "%s: the base image, shared by machines of this kind",
		 size_human(installed + installed / 4, text));
	say(r, "On disk", &b);
}

static void say_next(struct wizard_request *r)
{
	struct wizard_row *row;
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, "the next machine of this kind");
	row = say(r, "Once made", &b);
	wizard_row_text(&row->columns[0], "about 1 s");
}

static int begin(struct wizard_request *r, struct job *j, struct err *e)
{
	struct job_options o = {.goal = JOB_LOGIN, .offline = r->o->conf.offline};

	return job_init(j, r->o->conf.loop, r->o->conf.catalog, r->o->conf.store, &r->spec, &o, e);
}

struct solving {
	struct wizard_request *r;
	struct archive *archive;
};

static void solve(void *arg)
{
	struct solving *s = arg;
	struct wizard_request *r = s->r;
	struct job j;

	if (begin(r, &j, &r->err) == 0) {
		j.archive = s->archive; /* lent */
		if (job_solve(&j, &r->err) == 0) {
			say_download(r, &j);
			say_work(r, &j);
			say_next(r);
		}
		j.archive = NULL;
	}
	job_fini(&j);
}

static void solved(void *arg)
{
	struct solving *s = arg;
	struct wizard_request *r = s->r;

	free(s);
	r->o->shelf.busy = false;
	request_end(r);
}

void offers_estimate_serve(struct wizard_request *r, struct archive *a)
{
	struct solving *s = xcalloc(1, sizeof(*s));

	*s = (struct solving){r, a};
	r->o->shelf.busy = true;
	loop_work(r->o->conf.loop, solve, solved, s);
}

void offers_estimate(struct wizard_request *r)
{
	struct job j;
	char *why = NULL;
	bool ready = false;

	if (begin(r, &j, &r->err) < 0) {
		job_fini(&j);
		request_end_later(r);
		return;
	}
	ready = job_has_base(&j, &why);
	free(why);
	if (ready) {
		say_ready(r, &j);
		say_work(r, &j);
		request_end_later(r);
	}
	job_fini(&j);
	if (!ready)
		shelf_want(r);
}
