/* SPDX-License-Identifier: MIT */
/* The loop: what its timers leave to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/loop.h"

#define CALLS_MAX 200

struct world {
	struct loop *loop;
	struct loop_timer *timer;
	unsigned calls;
	bool done;
};

/* Takes three times its period. */
static void on_timer(void *arg)
{
	struct world *w = arg;
	uint64_t begin = loop_now(w->loop);

	while (loop_now(w->loop) < begin + 3)
		;
	if (++w->calls == CALLS_MAX) {
		loop_timer_stop(w->timer);
		loop_stop(w->loop);
	}
}

static void work(void *arg)
{
	(void)arg;
}

static void on_done(void *arg)
{
	struct world *w = arg;

	w->done = true;
	loop_timer_stop(w->timer);
	loop_stop(w->loop);
}

static void test_slow_timer(void **state)
{
	struct world w = {.loop = loop_new()};

	(void)state;
	w.timer = loop_timer_start(w.loop, 0, 1, on_timer, &w);
	loop_work(w.loop, work, on_done, &w);
	loop_run(w.loop);
	assert_true(w.done && w.calls < CALLS_MAX);
	loop_free(w.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
