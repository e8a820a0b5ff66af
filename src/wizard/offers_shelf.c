/* SPDX-License-Identifier: MIT */
/*
 * offers_shelf: the one archive that is kept open, and those who wait for it. A pool thread has it
 * alone while it works.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "offers_private.h"
#include "prepare/job.h"

/* What an archive is opened by; owned. */
static char *shelf_key(const struct spec *s)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%d%d", s->release, s->arch, s->mirror, s->security_mirror,
		 s->snapshot, s->keyring, s->proxy, s->security, s->updates);
	for (size_t i = 0; i < s->components.len; i++)
		buf_addf(&b, "\n%s", s->components.items[i]);
	return buf_steal(&b);
}

static void offers_shelf_remove_waiting(struct shelf *h, struct wizard_request *r)
{
	struct wizard_request **at = &h->waiting;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	r->next = NULL;
}

static bool offers_shelf_waits(const struct shelf *h, const struct wizard_request *r)
{
	for (const struct wizard_request *at = h->waiting; at; at = at->next)
		if (at == r)
			return true;
	return false;
}

/* Somebody waits for the archive of that key. */
static bool offers_shelf_wanted(const struct shelf *h, const char *key)
{
	for (const struct wizard_request *at = h->waiting; at; at = at->next)
		if (!strcmp(at->key, key))
			return true;
	return false;
}

static void offers_shelf_on_open(struct archive *a, const struct err *e, void *arg)
{
	struct host_offers *o = arg;
	struct shelf *h = &o->shelf;
	char *key = h->opening_key;
	/* nobody wanted it, and those who wait now came later: it is opened for them anew */
	bool again = !a && e->kind == ERR_INTERRUPTED && !o->ending;

	h->opening = NULL;
	h->opening_key = NULL;
	if (a) {
		h->archive = a;
		h->key = key;
		shelf_step(o);
		if (o->ending)
			host_offers_free(o);
		return;
	}
	/* Ending one goes on with the next: take them out first. */
	while (!again) {
		struct wizard_request *r = h->waiting;

		while (r && strcmp(r->key, key))
			r = r->next;
		if (!r)
			break;
		offers_shelf_remove_waiting(h, r);
		err_copy(&r->err, e);
		h->busy = true; /* nobody begins anything meanwhile */
		request_end(r);
		h->busy = false;
	}
	free(key);
	o->pending++; /* keeps it while it steps */
	shelf_step(o);
	o->pending--;
	if (o->ending)
		host_offers_free(o);
}

static void offers_shelf_open_for(struct wizard_request *r)
{
	struct host_offers *o = r->o;
	struct job_options options = {.offline = o->conf.offline};
	struct job job;
	struct err e = ERR_INIT;

	if (job_init(&job, o->conf.loop, o->conf.catalog, o->conf.store, &r->spec, &options, &e) < 0) {
		offers_shelf_remove_waiting(&o->shelf, r);
		err_move(&r->err, &e);
		job_fini(&job);
		request_end_later(r);
		return;
	}
	shelf_close(o); /* two at once would take twice the memory */
	o->shelf.opening_key = xstrdup(r->key);
	o->shelf.opening = job_begin_archive(&job, NULL, offers_shelf_on_open, o);
	job_fini(&job);
}

static void offers_shelf_serve(void *arg)
{
	struct wizard_request *r = arg;
	struct archive *a = r->o->shelf.archive;

	loop_timer_stop(r->timer);
	r->timer = NULL;
	r->o->shelf.busy = false;
	if (r->cancelled)
		request_end(r);
	else if (r->topic == WIZARD_FIRMWARE)
		offers_firmware_serve(r, a);
	else if (r->topic == WIZARD_PACKAGES)
		offers_packages_serve(r, a);
	else
		offers_estimate_serve(r, a);
}

/* The next of a series (each letter of a name asks anew) has come by now, or none does. */
static void offers_shelf_on_unwanted(void *arg)
{
	struct shelf *h = &((struct host_offers *)arg)->shelf;

	loop_timer_stop(h->unwanted);
	h->unwanted = NULL;
	if (h->opening && !offers_shelf_wanted(h, h->opening_key))
		archive_cancel(h->opening);
}

void shelf_step(struct host_offers *o)
{
	struct shelf *h = &o->shelf;
	struct wizard_request *r = h->waiting;

	if (h->busy || o->ending)
		return;
	if (h->opening) {
		if (!h->unwanted && !offers_shelf_wanted(h, h->opening_key))
			h->unwanted = loop_timer_start(o->conf.loop, 0, 0, offers_shelf_on_unwanted, o);
		return;
	}
	/* Those of the open archive first. */
	while (r && (!h->archive || strcmp(r->key, h->key)))
		r = r->next;
	if (r) {
		offers_shelf_remove_waiting(h, r);
		h->busy = true;
		r->timer = loop_timer_start(o->conf.loop, 0, 0, offers_shelf_serve, r);
	} else if (h->waiting) {
		offers_shelf_open_for(h->waiting);
	}
}

void shelf_want(struct wizard_request *r)
{
	struct wizard_request **at = &r->o->shelf.waiting;

	r->key = shelf_key(&r->spec);
	while (*at)
		at = &(*at)->next;
	*at = r;
	shelf_step(r->o);
}

bool shelf_drop(struct wizard_request *r)
{
	if (!offers_shelf_waits(&r->o->shelf, r))
		return false;
	offers_shelf_remove_waiting(&r->o->shelf, r);
	return true;
}

void shelf_close(struct host_offers *o)
{
	archive_close(o->shelf.archive);
	free(o->shelf.key);
	o->shelf.archive = NULL;
	o->shelf.key = NULL;
}
