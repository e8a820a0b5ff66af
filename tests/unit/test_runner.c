/* SPDX-License-Identifier: MIT */
/* runner and pace: order, skipping, failing, cancelling, questions; rates and time left. */
#include "../lib/check.h"

#include "base/buf.h"
#include "base/mem.h"
#include "prepare/estimate.h"
#include "prepare/runner.h"

struct world {
	struct loop *loop;
	struct runner *runner;
	struct buf log; /* what happened, as words */
	struct loop_timer *timer;
	size_t answered;
	bool cancel_asked;
	int64_t left[2]; /* as the first warnings told it */
	size_t warnings;
};

static struct world w;

static void on_event(const struct runner_event *ev, void *arg)
{
	(void)arg;
	switch (ev->type) {
	case RUNNER_STEP:
		buf_addf(&w.log, "%s:%d ", ev->step->ops->id, (int)ev->step->state);
		break;
	case RUNNER_WARNING:
		buf_addf(&w.log, "warn(%s) ", ev->text);
		if (w.warnings < 2)
			w.left[w.warnings++] = ev->left_ms;
		break;
	case RUNNER_QUESTION:
		buf_addf(&w.log, "ask(%s) ", ev->text);
		runner_answer(w.runner, 1);
		break;
	case RUNNER_FINISHED:
		buf_addf(&w.log, "end(%s)", ev->error ? ev->error->id : "");
		loop_stop(w.loop);
		break;
	default:
		break;
	}
}

static void at_once(struct step_run *run, void *job)
{
	(void)job;
	step_done(run, "ok");
}

static void failing(struct step_run *run, void *job)
{
	struct err e = ERR_INIT;

	(void)job;
	err_set(&e, ERR_NETWORK, "boom", "it broke");
	step_fail(run, &e);
}

static void on_later(void *arg)
{
	loop_timer_stop(w.timer);
	w.timer = NULL;
	step_done(arg, "later");
}

static void later(struct step_run *run, void *job)
{
	(void)job;
	w.timer = loop_timer_start(w.loop, 1, 0, on_later, run);
}

static void for_ever(struct step_run *run, void *job)
{
	(void)job;
	step_text(run, "waiting");
	runner_cancel(w.runner);
}

static void cancelled(struct step_run *run, void *job)
{
	struct err e = ERR_INIT;

	(void)job;
	w.cancel_asked = true;
	err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	step_fail(run, &e);
}

static void on_answer(size_t choice, void *arg)
{
	w.answered = choice;
	step_done(arg, "answered");
}

static void asking(struct step_run *run, void *job)
{
	static const char *const choices[] = {"a", "b"};

	(void)job;
	step_warn(run, "careful");
	step_ask(run, "which", choices, 2, 0, on_answer, run);
}

static bool always(void *job, char **why)
{
	(void)job;
	*why = xstrdup("there already");
	return true;
}

static bool never(const void *job)
{
	(void)job;
	return false;
}

static size_t tries;

/* What an earlier step found out holds at the second try alone. */
static void doubtful(struct step_run *run, void *job)
{
	(void)job;
	step_progress(run, 5, 10);
	if (tries++)
		step_done(run, "ok");
	else
		step_again(run, "not so");
}

static void on_overdue(void *arg)
{
	loop_timer_stop(w.timer);
	w.timer = NULL;
	step_warn(arg, "late");
	step_done(arg, "ok");
}

static void overdue(struct step_run *run, void *job)
{
	(void)job;
	step_warn(run, "early");
	w.timer = loop_timer_start(w.loop, 150, 0, on_overdue, run);
}

static double soon(const void *job)
{
	(void)job;
	return 0.1;
}

static const struct step_ops s_now = {.id = "now", .start = at_once};
static const struct step_ops s_later = {.id = "later", .start = later};
static const struct step_ops s_fail = {.id = "fail", .start = failing};
static const struct step_ops s_ever = {.id = "ever", .start = for_ever, .cancel = cancelled};
static const struct step_ops s_doubt = {.id = "doubt", .start = doubtful};
static const struct step_ops s_ask = {.id = "ask", .start = asking};
static const struct step_ops s_overdue = {.id = "slow", .start = overdue, .expect = soon};
static const struct step_ops s_there = {.id = "there", .start = failing, .is_done = always};
static const struct step_ops s_never = {.id = "never", .start = failing, .applies = never};

static void run_steps(const struct step_ops *const *steps, size_t count, const char *want)
{
	memset(&w, 0, sizeof(w));
	buf_init(&w.log, 0);
	w.loop = loop_new();
	w.runner = runner_new(w.loop, steps, count, NULL, on_event, NULL);
	runner_start(w.runner);
	loop_run(w.loop);
	assert_string_equal(w.log.data, want);
	runner_free(w.runner);
	loop_free(w.loop);
	buf_fini(&w.log);
}

static void test_all_fine(void **state)
{
	const struct step_ops *steps[] = {&s_now, &s_never, &s_there, &s_later};

	(void)state;
	run_steps(steps, 4, "now:1 now:2 there:3 later:1 later:2 end()");
}

static void test_nothing(void **state)
{
	(void)state;
	run_steps(NULL, 0, "end()");
}

static void test_failure_ends_it(void **state)
{
	const struct step_ops *steps[] = {&s_now, &s_fail, &s_later};

	(void)state;
	run_steps(steps, 3, "now:1 now:2 fail:1 fail:4 end(boom)");
}

static void test_cancel(void **state)
{
	const struct step_ops *steps[] = {&s_ever, &s_now};

	(void)state;
	run_steps(steps, 2, "ever:1 ever:5 end(interrupted)");
	assert_true(w.cancel_asked);
}

static void test_again(void **state)
{
	const struct step_ops *steps[] = {&s_now, &s_there, &s_doubt, &s_later};

	(void)state;
	tries = 0;
	run_steps(steps, 4,
		  "now:1 now:2 there:3 doubt:1 warn(not so) now:0 there:0 doubt:0 "
		  "now:1 now:2 there:3 doubt:1 doubt:2 later:1 later:2 end()");
}

static void test_question(void **state)
{
	const struct step_ops *steps[] = {&s_ask, &s_now};

	(void)state;
	run_steps(steps, 2, "ask:1 warn(careful) ask(which) ask:2 now:1 now:2 end()");
	assert_int_equal(w.answered, 1);
}

/* Nothing is said of the time left once a step takes longer than was expected. */
static void test_overdue(void **state)
{
	const struct step_ops *steps[] = {&s_overdue};

	(void)state;
	run_steps(steps, 1, "slow:1 warn(early) warn(late) slow:2 end()");
	assert_in_range((uint64_t)w.left[0], 1, 100);
	assert_int_equal(w.left[1], -1);
}

static void test_pace(void **state)
{
	struct pace p;

	(void)state;
	pace_start(&p, 1000, 0);
	pace_add(&p, 1500, 500);
	assert_true(pace_rate(&p, 1500) == 0); /* too early to say */
	assert_int_equal(pace_left(&p, 1500, 500, 10000), -1);
	for (uint64_t t = 2000; t <= 11000; t += 250)
		pace_add(&p, t, (t - 1000) * 2);
	assert_true(pace_rate(&p, 11000) > 1990 && pace_rate(&p, 11000) < 2010);
	assert_in_range((uint64_t)pace_left(&p, 11000, 20000, 40000), 9900, 10100);
	/* It follows: eight seconds later the old rate is forgotten. */
	for (uint64_t t = 11250; t <= 20000; t += 250)
		pace_add(&p, t, 20000 + (t - 11000) / 2);
	assert_true(pace_rate(&p, 20000) > 490 && pace_rate(&p, 20000) < 510);
	/* A restart from nothing does not give a negative or huge rate. */
	pace_add(&p, 20250, 0);
	assert_true(pace_rate(&p, 20250) == 0);
	assert_int_equal(pace_left(&p, 20250, 5, 0), -1);
}

static void assert_close(double got, double want)
{
	assert_true(got > want - 0.001 && got < want + 0.001);
}

/* A step of 100 s expected, in three parts of which the middle one counts, on a host half as fast. */
static void test_parts(void **state)
{
	struct estimate s;

	(void)state;
	estimate_start(&s, 5000, 100, false);
	assert_close(estimate_share(&s, 5000), 0);
	assert_int_equal(estimate_left(&s, 5000), 100000);
	estimate_part(&s, 5000, 0, 0.2);
	assert_close(estimate_share(&s, 15000), 0.1);
	assert_int_equal(estimate_left(&s, 15000), 90000);
	/* the part takes longer than it should: the rest is unknown, and its end is not claimed */
	assert_false(estimate_is_late(&s, 25000));
	assert_true(estimate_is_late(&s, 25001));
	assert_int_equal(estimate_left(&s, 25001), -1);
	assert_true(estimate_share(&s, 45000) < 0.2);
	/* half of what the second part counts: half of that part, whatever its unit */
	estimate_part(&s, 45000, 0.2, 0.8);
	estimate_count(&s, 105000, 30, 60);
	assert_close(estimate_share(&s, 105000), 0.5);
	assert_int_equal(estimate_left(&s, 105000), 75000); /* between 50 s expected and 100 s paced */
	estimate_count(&s, 165000, 60, 60);
	assert_close(estimate_share(&s, 165000), 0.8);
	/* the last one counts nothing: it goes by what the others took, not by what was expected */
	estimate_part(&s, 165000, 0.8, 1);
	assert_close(estimate_share(&s, 185000), 0.9);
	assert_int_equal(estimate_left(&s, 185000), 20000);
	assert_false(estimate_is_late(&s, 204990));
	assert_true(estimate_is_late(&s, 205010));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fine),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_failure_ends_it),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_overdue),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
