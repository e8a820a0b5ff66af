/* SPDX-License-Identifier: MIT */
/*
 * request: a request to the host's offers, and the parts that serve it. offers.c owns a request and host_offers,
 * open_archive.c the archive that is kept open.
 */
#ifndef WIZARD_REQUEST_H
#define WIZARD_REQUEST_H

#include "archive/archive.h"
#include "wizard/host_offers.h"

/* ---- offers.c ---- */

/* A request, which lives until its work has ended, cancelled or not. */
struct wizard_request {
	struct host_offers *o;
	enum wizard_topic topic;
	struct spec spec; /* a copy */
	char *query;
	wizard_answer_fn done;
	void *done_arg;
	bool cancelled;
	struct choices rows;   /* the answer */
	struct err err;	       /* or why there is none */
	struct archive_op *op; /* under way, may be cancelled */
	struct loop_timer *timer;
	char *key;  /* of the archive that it waits for */
	bool again; /* releases: the second attempt, from the cache */
	struct wizard_request *next;
};

/* The last answer about releases, which is the same for all architectures. */
struct known_releases {
	char *key; /* the values that it depends on */
	struct archive_release *rows;
	size_t count;
};

struct host_offers {
	struct host_offers_conf conf;
	struct known_releases releases;
	struct wizard_offers offers;
	struct host_facts host;
	struct open_archive *archive;
	unsigned pending; /* requests that live */
	bool ending;
};

/* Answers, unless cancelled, with r->rows or r->err (if set), and frees the request. */
void request_end(struct wizard_request *r);
/* The same from the loop, for results that are known within `ask`. */
void request_end_later(struct wizard_request *r);

/* ---- offers_archive.c, offers_estimate.c, offers_host.c: one function per topic ---- */

void offers_releases_forget(struct host_offers *o);
void offers_arches(struct wizard_request *r);
void offers_releases(struct wizard_request *r);
void offers_estimate(struct wizard_request *r);
void offers_command(struct wizard_request *r);
/* With the open archive; the estimate ends later, on a pool thread. */
void offers_firmware_serve(struct wizard_request *r, struct archive *a);
void offers_packages_serve(struct wizard_request *r, struct archive *a);
void offers_estimate_serve(struct wizard_request *r, struct archive *a);

/* ---- open_archive.c ---- */

struct open_archive *open_archive_new(struct host_offers *o);
/* Must be idle. */
void open_archive_free(struct open_archive *h);
/* Serves the request once the archive of its record is open. */
void open_archive_request(struct wizard_request *r);
/* Removes a waiting request from the queue; false: it does not wait. */
bool open_archive_withdraw(struct wizard_request *r);
/* Starts what can be started next: after a request or a pool thread has ended. */
void open_archive_step(struct host_offers *o);
/* Neither opening nor used. */
bool open_archive_is_idle(const struct open_archive *h);
/* Cancels an opening; its callback comes later. */
void open_archive_cancel(struct open_archive *h);
/* Reserves the archive for a pool thread, and ends that. */
void open_archive_hold(struct open_archive *h);
void open_archive_release(struct open_archive *h);

#endif
