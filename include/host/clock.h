/* SPDX-License-Identifier: MIT */
/* clock: tells when this host's clock was set, also as it wakes from sleep. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include "base/loop.h"

struct host_clock;

/* Calls fn whenever the clock jumped. Costs nothing until then. NULL where the host cannot tell. */
struct host_clock *host_clock_watch(struct loop *l, void (*fn)(void *arg), void *arg);
void host_clock_unwatch(struct host_clock *w); /* NULL is fine */

#endif
