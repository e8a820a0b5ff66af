/* SPDX-License-Identifier: MIT */
/* await: runs a loop until a condition holds; a test that waits in vain ends after 5 min. */
#ifndef TESTS_LIB_AWAIT_H
#define TESTS_LIB_AWAIT_H

#include "base/loop.h"
#include "tests/lib/check.h"

struct check_wait {
	struct loop *loop;
	bool (*until)(void *arg);
	void *arg;
	bool late;
};

static inline void check_late(void *arg)
{
	struct check_wait *w = arg;

	w->late = true;
	loop_stop(w->loop);
}

static inline void check_look(void *arg)
{
	struct check_wait *w = arg;

	if (w->until(w->arg))
		loop_stop(w->loop);
}

static inline void check_await(struct loop *l, bool (*until)(void *arg), void *arg)
{
	struct check_wait w = {l, until, arg, false};
	struct loop_timer *late = loop_timer_start(l, CHECK_LIMIT_MS, 0, check_late, &w);
	struct loop_timer *look = loop_timer_start(l, 0, 1, check_look, &w);

	loop_run(l);
	loop_timer_stop(look);
	loop_timer_stop(late);
	if (w.late)
		fail_msg("it did not come to pass");
}

#endif
