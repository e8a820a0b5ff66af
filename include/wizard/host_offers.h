/* SPDX-License-Identifier: MIT */
/*
 * host_offers: the real offers: Debian's archive as the mirror has it, and this host.
 *
 * The archive of a release is opened once and kept for typing names, versions and estimates; it is
 * opened anew when the release, the architecture or the mirror is another.
 */
#ifndef WIZARD_HOST_OFFERS_H
#define WIZARD_HOST_OFFERS_H

#include <stdbool.h>

#include "base/loop.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "wizard/offers.h"

struct host_offers;

struct host_offers_conf {
	struct loop *loop;
	const struct catalog *catalog; /* borrowed, with the store, until all has ended */
	const struct store *store;
	bool offline; /* what is in the cache alone */
};

struct host_offers *host_offers_new(const struct host_offers_conf *conf);
/* For struct wizard_conf; valid as long as the offers. */
const struct wizard_offers *host_offers_get(const struct host_offers *o);
/* To be called after wizard_free. Ends what is under way; what runs on a pool thread is waited for
 * by the loop: run it until nothing is left before loop_free. NULL is fine. */
void host_offers_free(struct host_offers *o);

#endif
