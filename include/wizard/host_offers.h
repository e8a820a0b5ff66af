/* SPDX-License-Identifier: MIT */
/*
 * host_offers: the offers of Debian's archive on the mirror, and of this host.
 *
 * The archive of a release is opened once and kept open for searches, versions and estimates; another release,
 * architecture or mirror opens it again.
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
	const struct catalog *catalog; /* borrowed, as the store, until all requests have ended */
	const struct store *store;
	bool offline; /* use only the cache */
};

struct host_offers *host_offers_new(const struct host_offers_conf *conf);
/* For struct wizard_conf; valid as long as the offers. */
const struct wizard_offers *host_offers_get(const struct host_offers *o);
/* Call after wizard_free. Cancels requests; work on a pool thread ends later: run the loop until nothing is left before
 * loop_free. NULL is fine. */
void host_offers_free(struct host_offers *o);

#endif
