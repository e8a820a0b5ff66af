/* SPDX-License-Identifier: MIT */
/* signals_win: the events of a console, as libuv reports them: it is closed, Ctrl-Break. Ctrl-C is a key. */
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "host/signals.h"

struct signals {
	struct loop_signal *closed, *interrupted, *broken;
};

struct signals *signals_start(struct loop *loop, const struct signals_ops *ops, void *arg)
{
	struct signals *s = xcalloc(1, sizeof(*s));

	s->closed = loop_signal_start(loop, SIGHUP, ops->ended, arg);
	s->interrupted = loop_signal_start(loop, SIGINT, ops->interrupted, arg);
	s->broken = loop_signal_start(loop, SIGBREAK, ops->interrupted, arg);
	return s;
}

void signals_stop(struct signals *s)
{
	if (!s)
		return;
	loop_signal_stop(s->closed);
	loop_signal_stop(s->interrupted);
	loop_signal_stop(s->broken);
	free(s);
}

bool signals_can_suspend(void)
{
	return false;
}

void signals_suspend(struct signals *s)
{
	(void)s;
}

void signals_suspend_now(struct signals *s)
{
	(void)s;
}
