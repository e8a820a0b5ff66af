/* SPDX-License-Identifier: MIT */
/* clock: reports when this host's clock was set, also when it wakes from sleep; waits. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include "base/loop.h"

struct host_clock;

/* Calls fn whenever the clock was set; costs nothing until then. Returns NULL if the host cannot report it. */
struct host_clock *host_clock_watch(struct loop *l, void (*fn)(void *arg), void *arg);
void host_clock_unwatch(struct host_clock *w); /* NULL is fine */

/* Blocks for that long: for what cannot be waited for on a loop. */
void host_wait(unsigned ms);

#endif
