/* SPDX-License-Identifier: MIT */
/* clock_none: hosts that do not report to every program that the clock was set (Windows reports it to windows alone).
 */
#include <stddef.h>

#include "host/clock.h"

struct host_clock *host_clock_watch(struct loop *l, void (*fn)(void *arg), void *arg)
{
	(void)l;
	(void)fn;
	(void)arg;
	return NULL;
}

void host_clock_unwatch(struct host_clock *w)
{
	(void)w;
}
