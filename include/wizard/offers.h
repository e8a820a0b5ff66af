/* SPDX-License-Identifier: MIT */
/*
 * offers: where the wizard gets its lists from. A face hands a struct wizard_offers to the wizard:
 * those of include/wizard/host_offers.h, which ask the real mirror and this host, or a test's own.
 *
 * What needs the network, a process or more than a few files is asked for with `ask` and answered
 * later, on the loop; the wizard remembers the answer until what it depends on changes.
 */
#ifndef WIZARD_OFFERS_H
#define WIZARD_OFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "host/facts.h"
#include "spec/spec.h"

#define WIZARD_COLUMNS 3

/* One row of a list. Owned by its list; texts are never NULL but where said. They may come from
 * outside and must go through base/text before they reach a terminal. */
struct wizard_row {
	char *value;		       /* what wizard_set takes */
	char *label;		       /* first column */
	char *columns[WIZARD_COLUMNS]; /* further ones, "" where there is nothing to say */
	char *note;		       /* a sentence for the line below, "" */
	char *why_not;		       /* why it cannot be chosen, or NULL: it can */
};

struct wizard_rows {
	struct wizard_row *items;
	size_t len;
	char *note;	  /* about the list as a whole ("signatures verified"), or NULL */
	bool provisional; /* asked again it may be better: the note says what is amiss */
};

/* Life cycle of rows: zero-initialised they are empty. */
void wizard_rows_fini(struct wizard_rows *r);
/* Adds a row with copies of value and label (NULL: the value); the other texts are "" and may be
 * set by wizard_row_text. The pointer is good until the next row is added. */
struct wizard_row *wizard_rows_add(struct wizard_rows *r, const char *value, const char *label);
/* Replaces a text of a row: *slot is one of its members. Copies; NULL clears. */
void wizard_row_text(char **slot, const char *text);

/* What may be asked for. In brackets: the fields that the answer depends on. */
enum wizard_topic {
	WIZARD_ARCHES,	 /* rows of machine.arch: how each runs here [qemu.binary] */
	WIZARD_RELEASES, /* rows of machine.release, as the mirror has them [mirror, machine.arch]
			  */
	WIZARD_FIRMWARE, /* rows of firmware.mode: package and version [release, arch, mirror] */
	WIZARD_PACKAGES, /* rows found for `query` in the release's index [release, arch, mirror] */
	WIZARD_ESTIMATE, /* rows for the review: what is to be done and how long it takes [all] */
	WIZARD_COMMAND,	 /* rows for the review: QEMU's arguments with their reasons [all] */
	WIZARD_TOPIC_COUNT,
};

struct wizard_request; /* a provider's own */

/* Told once, on the loop and never from within `ask`. rows: taken over (emptied) by the wizard;
 * NULL when it failed, then e says why. */
typedef void (*wizard_answer_fn)(struct wizard_rows *rows, const struct err *e, void *arg);

/* A machine as it is made. */
struct wizard_existing {
	uint64_t disk; /* size of its disk in bytes, 0: there is none yet */
	unsigned snapshots;
	bool running, suspended;
};

struct wizard_offers {
	/* Facts about this host; borrowed, valid as long as the offers. */
	const struct host_facts *host;
	void *arg; /* first argument of what follows */

	/* Immediate; may look at a few files. */
	bool (*name_taken)(void *arg, const char *name);
	char *(*save_path)(void *arg, const char *name); /* where a new machine is saved; owned */
	void (*ssh_keys)(void *arg, struct wizard_rows *out);
	void (*timezones)(void *arg, struct wizard_rows *out);
	void (*locales)(void *arg, struct wizard_rows *out);
	bool (*port_free)(void *arg, const char *ip, uint16_t port);
	/* Free bytes where machines are kept, 0: not known; *dir is owned. */
	uint64_t (*free_space)(void *arg, char **dir);
	/* What there is of a machine of that name. */
	void (*made)(void *arg, const char *name, struct wizard_existing *out);

	/* `s` and `query` (NULL but for WIZARD_PACKAGES) are borrowed for the call. */
	struct wizard_request *(*ask)(void *arg, enum wizard_topic topic, const struct spec *s, const char *query,
				      wizard_answer_fn done, void *done_arg);
	/* Ends a request that was not answered: `done` does not run any more. */
	void (*cancel)(void *arg, struct wizard_request *r);
};

#endif
