/* SPDX-License-Identifier: MIT */
/*
 * offers: the source of the wizard's lists. An interface passes a struct wizard_offers to the wizard:
 * include/wizard/host_offers.h, for the mirror and this host, or a test's own.
 *
 * Lists that require the network, a process or many files are requested with `ask` and delivered later, on the loop;
 * the wizard keeps the result until an answer that it depends on changes.
 */
#ifndef WIZARD_OFFERS_H
#define WIZARD_OFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/choice.h"
#include "base/err.h"
#include "host/facts.h"
#include "spec/spec.h"

/* What may be requested. In brackets: the fields that the result depends on. */
enum wizard_topic {
	WIZARD_ARCHES,	 /* rows of machine.arch: how each runs here [qemu.binary] */
	WIZARD_RELEASES, /* rows of machine.release, as the mirror has them [mirror, machine.arch]
			  */
	WIZARD_FIRMWARE, /* rows of firmware.mode: package and version [release, arch, mirror] */
	WIZARD_PACKAGES, /* rows found for `query` in the release's index [release, arch, mirror] */
	WIZARD_ESTIMATE, /* rows for the review: the steps and their time [all] */
	WIZARD_COMMAND,	 /* rows for the review: QEMU's arguments with their reasons [all] */
	WIZARD_TOPIC_COUNT,
};

struct wizard_request; /* a provider's own */

/* Called once, on the loop and never from within `ask`. rows: taken (emptied) by the wizard; NULL on error, then e has
 * the reason. */
typedef void (*wizard_answer_fn)(struct choices *rows, const struct err *e, void *arg);

/* An existing machine. */
struct wizard_existing {
	uint64_t disk; /* size of its disk in bytes, 0: none yet */
	unsigned snapshots;
	bool running, suspended;
};

struct wizard_offers {
	/* Facts about this host; borrowed, valid as long as the offers. */
	const struct host_facts *host;
	void *arg; /* first argument of the functions */

	/* Immediate; may read a few files. */
	bool (*name_taken)(void *arg, const char *name);
	char *(*save_path)(void *arg, const char *name); /* where a new machine is saved; owned */
	void (*ssh_keys)(void *arg, struct choices *out);
	void (*usb_devices)(void *arg, struct choices *out); /* connected now; a note where this user may not use it */
	void (*timezones)(void *arg, struct choices *out);
	void (*locales)(void *arg, struct choices *out);
	bool (*port_free)(void *arg, const char *ip, uint16_t port);
	/* Free bytes where machines are kept, 0: not known; *dir is owned. */
	uint64_t (*free_space)(void *arg, char **dir);
	/* The existing machine of that name. */
	void (*made)(void *arg, const char *name, struct wizard_existing *out);

	/* `s` and `query` (NULL but for WIZARD_PACKAGES) are borrowed for the call. */
	struct wizard_request *(*ask)(void *arg, enum wizard_topic topic, const struct spec *s, const char *query,
				      wizard_answer_fn done, void *done_arg);
	/* Cancels a request: `done` is not called. */
	void (*cancel)(void *arg, struct wizard_request *r);
};

#endif
