/* SPDX-License-Identifier: MIT */
/*
 * open_archive: keeps one archive open and serves the requests that wait for it, one after the other. A pool thread
 * that uses the archive has it alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "prepare/job.h"
#include "request.h"

struct open_archive {
	struct host_offers *o;
	struct archive *archive; /* NULL: none is open */
	char *key;
	struct archive_op *opening;
	char *opening_key;
	struct loop_timer *unused; /* cancels the opening if no request waits for it then */
	bool busy;		   /* a request, maybe on a pool thread, uses the archive */
	struct wizard_request *waiting;
};

struct open_archive *open_archive_new(struct host_offers *o)
{
	struct open_archive *h = xcalloc(1, sizeof(*h));

	h->o = o;
	return h;
}

bool open_archive_is_idle(const struct open_archive *h)
{
	return !h->opening && !h->busy;
}

void open_archive_cancel(struct open_archive *h)
{
	if (h->opening)
		archive_cancel(h->opening);
}

void open_archive_hold(struct open_archive *h)
{
	h->busy = true;
}

void open_archive_release(struct open_archive *h)
{
	h->busy = false;
}

static void open_archive_close(struct open_archive *h)
{
	archive_close(h->archive);
	free(h->key);
	h->archive = NULL;
	h->key = NULL;
}

void open_archive_free(struct open_archive *h)
{
	loop_timer_stop(h->unused);
	open_archive_close(h);
	free(h);
}

/* The values that an archive is opened by; owned. */
static char *open_archive_key(const struct spec *s)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%d%d", s->release, s->arch, s->mirror, s->security_mirror,
		 s->snapshot, s->keyring, s->proxy, s->security, s->updates);
	for (size_t i = 0; i < s->components.len; i++)
		buf_addf(&b, "\n%s", s->components.items[i]);
	return buf_steal(&b);
}

static void open_archive_remove_waiting(struct open_archive *h, struct wizard_request *r)
{
	struct wizard_request **at = &h->waiting;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	r->next = NULL;
}

static bool open_archive_waits(const struct open_archive *h, const struct wizard_request *r)
{
	for (const struct wizard_request *at = h->waiting; at; at = at->next)
		if (at == r)
			return true;
	return false;
}

/* Whether a request waits for the archive of that key. */
static bool open_archive_is_requested(const struct open_archive *h, const char *key)
{
	for (const struct wizard_request *at = h->waiting; at; at = at->next)
		if (!strcmp(at->key, key))
			return true;
	return false;
}

static void open_archive_on_open(struct archive *a, const struct err *e, void *arg)
{
	struct host_offers *o = arg;
	struct open_archive *h = o->archive;
	char *key = h->opening_key;
	/* cancelled because no request waited; requests that came since open it again */
	bool again = !a && e->kind == ERR_INTERRUPTED && !o->ending;

	h->opening = NULL;
	h->opening_key = NULL;
	if (a) {
		h->archive = a;
		h->key = key;
		open_archive_step(o);
		if (o->ending)
			host_offers_free(o);
		return;
	}
	/* Ending a request starts the next one: remove it from the queue first. */
	while (!again) {
		struct wizard_request *r = h->waiting;

		while (r && strcmp(r->key, key))
			r = r->next;
		if (!r)
			break;
		open_archive_remove_waiting(h, r);
		err_copy(&r->err, e);
		h->busy = true; /* so that request_end starts nothing */
		request_end(r);
		h->busy = false;
	}
	free(key);
	o->pending++; /* keeps the offers until open_archive_step returns */
	open_archive_step(o);
	o->pending--;
	if (o->ending)
		host_offers_free(o);
}

static void open_archive_open_for(struct wizard_request *r)
{
	struct host_offers *o = r->o;
	struct job_options options = {.offline = o->conf.offline};
	struct job job;
	struct err e = ERR_INIT;

	if (job_init(&job, o->conf.loop, o->conf.catalog, o->conf.store, &r->spec, &options, &e) < 0) {
		open_archive_remove_waiting(o->archive, r);
		err_move(&r->err, &e);
		job_fini(&job);
		request_end_later(r);
		return;
	}
	open_archive_close(o->archive); /* two open archives would take twice the memory */
	o->archive->opening_key = xstrdup(r->key);
	o->archive->opening = job_begin_archive(&job, NULL, open_archive_on_open, o);
	job_fini(&job);
}

static void open_archive_serve(void *arg)
{
	struct wizard_request *r = arg;
	struct archive *a = r->o->archive->archive;

	loop_timer_stop(r->timer);
	r->timer = NULL;
	r->o->archive->busy = false;
	if (r->cancelled)
		request_end(r);
	else if (r->topic == WIZARD_FIRMWARE)
		offers_firmware_serve(r, a);
	else if (r->topic == WIZARD_PACKAGES)
		offers_packages_serve(r, a);
	else
		offers_estimate_serve(r, a);
}

/* By now the next of a series of requests (one for each letter of a name) waits, or none comes: cancel the opening. */
static void open_archive_on_unused(void *arg)
{
	struct open_archive *h = arg;

	loop_timer_stop(h->unused);
	h->unused = NULL;
	if (h->opening && !open_archive_is_requested(h, h->opening_key))
		archive_cancel(h->opening);
}

void open_archive_step(struct host_offers *o)
{
	struct open_archive *h = o->archive;
	struct wizard_request *r = h->waiting;

	if (h->busy || o->ending)
		return;
	if (h->opening) {
		if (!h->unused && !open_archive_is_requested(h, h->opening_key))
			h->unused = loop_timer_start(o->conf.loop, 0, 0, open_archive_on_unused, h);
		return;
	}
	/* Requests for the open archive first. */
	while (r && (!h->archive || strcmp(r->key, h->key)))
		r = r->next;
	if (r) {
		open_archive_remove_waiting(h, r);
		h->busy = true;
		r->timer = loop_timer_start(o->conf.loop, 0, 0, open_archive_serve, r);
	} else if (h->waiting) {
		open_archive_open_for(h->waiting);
	}
}

void open_archive_request(struct wizard_request *r)
{
	struct wizard_request **at = &r->o->archive->waiting;

	r->key = open_archive_key(&r->spec);
	while (*at)
		at = &(*at)->next;
	*at = r;
	open_archive_step(r->o);
}

bool open_archive_withdraw(struct wizard_request *r)
{
	if (!open_archive_waits(r->o->archive, r))
		return false;
	open_archive_remove_waiting(r->o->archive, r);
	return true;
}
