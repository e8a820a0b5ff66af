/* SPDX-License-Identifier: MIT */
/*
 * offers_estimate: estimates download size, disk space and time of preparing the machine. Solves on a pool thread, with
 * the archive reserved; requires no archive if the base image already exists.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "prepare/job.h"
#include "prepare/steps.h"
#include "request.h"

static struct choice *offers_estimate_add(struct wizard_request *r, const char *label, struct buf *text)
{
	struct choice *row = choices_add(&r->rows, text->data, label);

	buf_fini(text);
	return row;
}

/* Returns the expected seconds of the steps that are not done, and appends the titles of long ones. */
static double offers_estimate_expected(struct job *j, struct buf *titles)
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

static char *offers_estimate_about(double seconds)
{
	unsigned s = (unsigned)(seconds + 0.5);

	if (s < 60)
		return xasprintf("about %u s", s < 1 ? 1 : s);
	s = (s + 5) / 10 * 10;
	return s % 60 ? xasprintf("about %u min %u s", s / 60, s % 60) : xasprintf("about %u min", s / 60);
}

static void offers_estimate_add_work(struct wizard_request *r, struct job *j)
{
	struct choice *row;
	struct buf b;
	AUTO_FREE char *time = NULL;

	buf_init(&b, 0);
	time = offers_estimate_about(offers_estimate_expected(j, &b));
	if (!b.len)
		buf_adds(&b, "nothing that takes long");
	row = offers_estimate_add(r, "To do", &b);
	choice_text(&row->columns[0], time);
}

/* Adds a row if the base image or the machine already exists. */
static void offers_estimate_add_ready(struct wizard_request *r, struct job *j)
{
	struct buf b;
	char *why = NULL;

	if (job_has_base(j, &why)) {
		buf_init(&b, 0);
		buf_addf(&b, "nothing: %s", why);
		offers_estimate_add(r, "Download", &b);
		free(why);
	}
}

static void offers_estimate_add_download(struct wizard_request *r, const struct job *j)
{
	const struct package_set *sets[] = {&j->packages, &j->firmware, &j->installer};
	uint64_t fetch = 0, installed = 0;
	size_t count = 0;
	char text[SIZE_TEXT], number[SIZE_TEXT];
	struct buf b;

	for (size_t k = 0; k < ARRAY_SIZE(sets); k++)
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
	buf_addf(&b, "%s%s", count_human(count, "package", number), fetch ? "" : ", all in the cache");
	offers_estimate_add(r, "Download", &b);
	buf_init(&b, 0);
	/* in the base image; the overlay is almost empty at first */
	buf_addf(&b, "%s: the base image, shared by machines of this kind",
		 size_human(installed + installed / 4, text));
	offers_estimate_add(r, "On disk", &b);
}

static void offers_estimate_add_next(struct wizard_request *r)
{
	struct choice *row;
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, "another machine of this kind");
	row = offers_estimate_add(r, "Next time", &b);
	choice_text(&row->columns[0], "about 1 s");
}

static int offers_estimate_begin(struct wizard_request *r, struct job *j, struct err *e)
{
	struct job_options o = {.goal = JOB_LOGIN, .offline = r->o->conf.offline};

	return job_init(j, r->o->conf.loop, r->o->conf.catalog, r->o->conf.store, &r->spec, &o, e);
}

struct offers_solving {
	struct wizard_request *r;
	struct archive *archive;
};

static void offers_estimate_solve(void *arg)
{
	struct offers_solving *s = arg;
	struct wizard_request *r = s->r;
	struct job j;

	if (offers_estimate_begin(r, &j, &r->err) == 0) {
		j.archive = s->archive; /* lent */
		if (job_solve(&j, &r->err) == 0) {
			offers_estimate_add_download(r, &j);
			offers_estimate_add_work(r, &j);
			offers_estimate_add_next(r);
		}
		j.archive = NULL;
	}
	job_fini(&j);
}

static void offers_estimate_solved(void *arg)
{
	struct offers_solving *s = arg;
	struct wizard_request *r = s->r;

	free(s);
	open_archive_release(r->o->archive);
	request_end(r);
}

void offers_estimate_serve(struct wizard_request *r, struct archive *a)
{
	struct offers_solving *s = xcalloc(1, sizeof(*s));

	*s = (struct offers_solving){r, a};
	open_archive_hold(r->o->archive);
	loop_work(r->o->conf.loop, offers_estimate_solve, offers_estimate_solved, s);
}

void offers_estimate(struct wizard_request *r)
{
	struct job j;
	char *why = NULL;
	bool ready = false;

	if (offers_estimate_begin(r, &j, &r->err) < 0) {
		job_fini(&j);
		request_end_later(r);
		return;
	}
	ready = job_has_base(&j, &why);
	free(why);
	if (ready) {
		offers_estimate_add_ready(r, &j);
		offers_estimate_add_work(r, &j);
		request_end_later(r);
	}
	job_fini(&j);
	if (!ready)
		open_archive_request(r);
}
