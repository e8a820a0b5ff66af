/* SPDX-License-Identifier: MIT */
/* clock_win: waits; only programs with a window are informed that the clock was set. */
#include <windows.h>

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

void host_wait(unsigned ms)
{
	Sleep(ms);
}
