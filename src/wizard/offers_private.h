/* SPDX-License-Identifier: MIT */
/* offers_private: what the files of the real offers share. */
#ifndef WIZARD_OFFERS_PRIVATE_H
#define WIZARD_OFFERS_PRIVATE_H

#include "archive/archive.h"
#include "wizard/host_offers.h"

/* A request lives until its work has ended, cancelled or not. */
struct wizard_request {
	struct host_offers *o;
	enum wizard_topic topic;
	struct spec spec; /* a copy */
	char *query;
	wizard_answer_fn done;
	void *done_arg;
	bool cancelled;
	struct wizard_rows rows; /* the answer */
	struct err err;		 /* or why there is none */
	struct archive_op *op;	 /* under way, may be cancelled */
	struct loop_timer *timer;
	char *key;  /* of the archive that it waits for */
	bool again; /* releases: the second try, from the cache */
	struct wizard_request *next;
};

/* The one archive that is kept open. */
struct shelf {
	struct archive *archive;
	char *key;
	struct archive_op *opening;
	char *opening_key;
	struct loop_timer *unwanted; /* it is ended when nobody has asked for it until then */
	bool busy;		     /* a pool thread uses it */
	struct wizard_request *waiting;
};

/* The releases as they were answered last: the same for all architectures. */
struct seen_releases {
	char *key; /* what they were asked of */
	struct archive_release *rows;
	size_t count;
};

struct host_offers {
	struct host_offers_conf conf;
	struct seen_releases releases;
	struct wizard_offers offers;
	struct host_facts host;
	struct shelf shelf;
	unsigned pending; /* requests that live */
	bool ending;
};

/* Answers (unless cancelled) with r->rows, or r->err where that is set, and frees. */
void request_end(struct wizard_request *r);
/* The same, from the loop: for what is known within `ask`. */
void request_end_later(struct wizard_request *r);

void offers_releases_forget(struct host_offers *o);
void offers_arches(struct wizard_request *r);
void offers_releases(struct wizard_request *r);
void offers_estimate(struct wizard_request *r);
void offers_command(struct wizard_request *r);

/* Hands the request over once the archive of its record is open. */
void shelf_want(struct wizard_request *r);
/* Withdraws a waiting request; it is ended. */
bool shelf_drop(struct wizard_request *r);
/* Goes on: a thread has finished with the archive, or a request has ended. */
void shelf_step(struct host_offers *o);
void shelf_close(struct host_offers *o);
/* What is done with the open archive; the estimate ends later, on its own. */
void offers_firmware_serve(struct wizard_request *r, struct archive *a);
void offers_packages_serve(struct wizard_request *r, struct archive *a);
void offers_estimate_serve(struct wizard_request *r, struct archive *a);

#endif
