/* SPDX-License-Identifier: MIT */
/* state: the table, and what is said of each end. */
#include "../lib/check.h"

#include "supervisor/state.h"

static void test_names(void **state)
{
	enum vm_state s;

	(void)state;
	for (int i = 0; i < VM_STATE_COUNT; i++) {
		assert_true(vm_state_find(vm_state_name((enum vm_state)i), &s));
		assert_int_equal(s, i);
	}
	assert_false(vm_state_find("asleep", &s));
}

/* What must hold of any row. */
static void test_table(void **state)
{
	(void)state;
	for (int s = 0; s < VM_STATE_COUNT; s++) {
		for (int ev = 0; ev < VM_EV_COUNT; ev++) {
			struct vm_rule r = vm_rule_get((enum vm_state)s, (enum vm_event)ev);
			bool over = vm_state_is_over((enum vm_state)s);

			/* an end is an end */
			if (over)
				assert_true(r.next == (enum vm_state)s && r.action == VM_DO_NOTHING);
			/* only QEMU's exit ends, and it always does */
			if (!over) {
				bool exits = ev >= VM_EV_EXIT_OK;

				assert_int_equal(r.action == VM_DO_FINISH, exits);
				assert_int_equal(r.next == VM_OFF, ev == VM_EV_EXIT_OK);
				assert_int_equal(r.next == VM_FAILED, ev == VM_EV_EXIT_BAD);
				assert_int_equal(r.next == VM_SUSPENDED, ev == VM_EV_EXIT_SUSPENDED);
			}
			/* nothing goes back from stopping */
			if (s == VM_STOPPING)
				assert_true(r.next >= VM_STOPPING);
			/* a kill is never waited for */
			if (!over && ev == VM_EV_KILL)
				assert_int_equal(r.action, VM_DO_KILL);
		}
	}
}

static void test_rows(void **state)
{
	static const struct {
		enum vm_state from;
		enum vm_event ev;
		enum vm_state to;
		enum vm_action action;
	} rows[] = {
		{VM_STARTING, VM_EV_UP, VM_BOOTING, VM_DO_NOTHING},
		{VM_STARTING, VM_EV_STOP, VM_STOPPING, VM_DO_QUIT},
		{VM_BOOTING, VM_EV_LOGIN, VM_RUNNING, VM_DO_NOTHING},
		{VM_BOOTING, VM_EV_TIMEOUT, VM_BOOTING, VM_DO_TELL_TIMEOUT},
		{VM_BOOTING, VM_EV_STOP, VM_STOPPING, VM_DO_POWERDOWN},
		{VM_RUNNING, VM_EV_RESET, VM_BOOTING, VM_DO_NOTHING},
		{VM_RUNNING, VM_EV_TIMEOUT, VM_RUNNING, VM_DO_NOTHING},
		{VM_RUNNING, VM_EV_DOWN, VM_STOPPING, VM_DO_AWAIT_EXIT},
		{VM_STOPPING, VM_EV_RUNG, VM_STOPPING, VM_DO_NEXT_RUNG},
		{VM_STOPPING, VM_EV_STOP, VM_STOPPING, VM_DO_NOTHING},
		{VM_STOPPING, VM_EV_LOGIN, VM_STOPPING, VM_DO_NOTHING},
		{VM_STOPPING, VM_EV_SUSPEND, VM_STOPPING, VM_DO_NOTHING},
		{VM_STARTING, VM_EV_RUNS, VM_RUNNING, VM_DO_NOTHING},
		{VM_STARTING, VM_EV_PAUSED, VM_PAUSED, VM_DO_NOTHING},
		{VM_STARTING, VM_EV_SUSPEND, VM_STARTING, VM_DO_NOTHING},
		{VM_BOOTING, VM_EV_PAUSED, VM_PAUSED, VM_DO_NOTHING},
		{VM_RUNNING, VM_EV_PAUSED, VM_PAUSED, VM_DO_NOTHING},
		{VM_PAUSED, VM_EV_UP, VM_BOOTING, VM_DO_NOTHING},
		{VM_PAUSED, VM_EV_RUNS, VM_RUNNING, VM_DO_NOTHING},
		{VM_PAUSED, VM_EV_LOGIN, VM_PAUSED, VM_DO_NOTHING},
		{VM_PAUSED, VM_EV_STOP, VM_STOPPING, VM_DO_POWERDOWN},
		{VM_PAUSED, VM_EV_SUSPEND, VM_SUSPENDING, VM_DO_SUSPEND},
		{VM_RUNNING, VM_EV_SUSPEND, VM_SUSPENDING, VM_DO_SUSPEND},
		{VM_SUSPENDING, VM_EV_RUNS, VM_RUNNING, VM_DO_NOTHING},
		{VM_SUSPENDING, VM_EV_STOP, VM_SUSPENDING, VM_DO_NOTHING},
		{VM_SUSPENDING, VM_EV_SUSPENDED, VM_SUSPENDING, VM_DO_QUIT},
		{VM_SUSPENDING, VM_EV_UP, VM_BOOTING, VM_DO_NOTHING},
		{VM_SUSPENDING, VM_EV_PAUSED, VM_PAUSED, VM_DO_NOTHING},
		{VM_SUSPENDING, VM_EV_RUNG, VM_SUSPENDING, VM_DO_NEXT_RUNG},
		{VM_SUSPENDING, VM_EV_SUSPEND, VM_SUSPENDING, VM_DO_NOTHING},
		{VM_SUSPENDING, VM_EV_DOWN, VM_SUSPENDING, VM_DO_AWAIT_EXIT},
		{VM_SUSPENDING, VM_EV_EXIT_SUSPENDED, VM_SUSPENDED, VM_DO_FINISH},
		{VM_SUSPENDING, VM_EV_EXIT_BAD, VM_FAILED, VM_DO_FINISH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct vm_rule r = vm_rule_get(rows[i].from, rows[i].ev);

		assert_int_equal(r.next, rows[i].to);
		assert_int_equal(r.action, rows[i].action);
	}
}

static void test_causes(void **state)
{
	(void)state;
	for (int i = 0; i < VM_CAUSE_COUNT; i++)
		assert_int_equal(vm_cause_find(vm_cause_name((enum vm_cause)i)), i);
	assert_string_equal(vm_cause_name(VM_CAUSE_NONE), "");
	assert_int_equal(vm_cause_find("of-another-version"), VM_CAUSE_OTHER);
}

static void fill(const char **s)
{
	if (!*s)
		*s = "";
}

static void test_verdicts(void **state)
{
	struct {
		struct vm_end end;
		enum vm_state state;
		const char *id, *words;
	} cases[] = {
		{{.up = true, .shutdown = "guest-shutdown"}, VM_OFF, "", "powered off"},
		{{.up = true, .shutdown = "guest-reset"}, VM_FAILED, "guest-reset", "reset"},
		{{.up = true, .shutdown = "host-signal"}, VM_FAILED, "signal", "outside"},
		{{.up = true, .shutdown = "something-new"}, VM_FAILED, "no-reason", "without a reason"},
		{{.up = true}, VM_FAILED, "no-reason", "without a reason"},
		{{.status = 1, .complaint = "no such file"},
		 VM_FAILED,
		 "qemu-refused",
		 "refused to start (status 1): no such file"},
		{{.status = 1, .accel = "kvm", .complaint = "failed to initialize KVM: Permission denied"},
		 VM_FAILED,
		 "accel-refused",
		 "refused to start (status 1): failed"},
		{{.status = 1, .accel = "kvm", .complaint = "no such board"}, VM_FAILED, "qemu-refused", "board"},
		{{.status = 1, .accel = "tcg", .complaint = "tcg: no such CPU"}, VM_FAILED, "qemu-refused", "CPU"},
		{{.up = true, .status = 1}, VM_FAILED, "qemu-ended", "status 1"},
		{{.up = true, .signal = 9}, VM_FAILED, "qemu-killed", "killed"},
		{{.signal = 6, .complaint = "assert"}, VM_FAILED, "qemu-crashed", "6): assert"},
		{{.up = true, .asked = true, .rung = VM_RUNG_POWERDOWN}, VM_OFF, "", "stopped"},
		{{.up = true, .asked = true, .rung = VM_RUNG_QUIT}, VM_OFF, "", "did not power off"},
		{{.up = true, .asked = true, .rung = VM_RUNG_TERM, .signal = 15}, VM_OFF, "", "did not answer"},
		{{.up = true, .asked = true, .rung = VM_RUNG_KILL, .signal = 9}, VM_OFF, "killed", "killed"},
		{{.up = true, .rung = VM_RUNG_KILL, .signal = 9, .shutdown = "guest-shutdown"},
		 VM_FAILED,
		 "qemu-stuck",
		 "had to be killed"},
		{{.up = true, .rung = VM_RUNG_TERM, .shutdown = "guest-shutdown"},
		 VM_FAILED,
		 "qemu-stuck",
		 "had to be killed"},
		{{.up = true, .fatal_id = VM_CAUSE_PANIC, .fatal = "it panicked", .complaint = "x"},
		 VM_FAILED,
		 "panic",
		 "it panicked"},
		{{.fatal_id = VM_CAUSE_INTERNAL_ERROR, .fatal = "kvm stopped", .complaint = "Suberror"},
		 VM_FAILED,
		 "internal-error",
		 "kvm stopped: Suberror"},
		{{.up = true, .suspended = true, .signal = 9, .asked = true}, VM_SUSPENDED, "", "resumes it"},
		{{.status = 1, .complaint = "Failed to get \"write\" lock", .holder = "qemu, pid 7"},
		 VM_FAILED,
		 "disk-locked",
		 "another program (qemu, pid 7): Failed"},
		{{.resuming = true, .status = 1, .complaint = "load failed"},
		 VM_FAILED,
		 "resume-failed",
		 "is kept: load failed"},
		{{.up = true, .adopted = true}, VM_FAILED, "qemu-ended", "not known"},
		{{.up = true, .adopted = true, .shutdown = "guest-shutdown"}, VM_OFF, "", "powered off"},
		{{.configuring = true, .configured = true, .up = true, .shutdown = "guest-shutdown"}, VM_OFF, "", ""},
		{{.configuring = true, .up = true, .shutdown = "guest-shutdown"},
		 VM_FAILED,
		 "not-configured",
		 "before it was configured"},
		{{.configuring = true, .configured = true, .up = true, .signal = 11},
		 VM_FAILED,
		 "qemu-crashed",
		 "signal 11"},
		{{.configuring = true, .up = true, .asked = true, .rung = VM_RUNG_KILL},
		 VM_FAILED,
		 "stopped",
		 "before the guest was configured"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vm_end *end = &cases[i].end;
		enum vm_cause id;
		enum vm_state s;
		char *cause;

		fill(&end->fatal);
		fill(&end->shutdown);
		fill(&end->complaint);
		fill(&end->accel);
		fill(&end->holder);
		s = vm_end_verdict(end, &id, &cause);
		if (s != cases[i].state || strcmp(vm_cause_name(id), cases[i].id) != 0 ||
		    !strstr(cause, cases[i].words))
			fail_msg("case %zu: %s, \"%s\": %s", i, vm_state_name(s), vm_cause_name(id), cause);
		/* a failure has a name, and what is fine has none */
		assert_int_equal(id != VM_CAUSE_NONE && id != VM_CAUSE_KILLED, s == VM_FAILED);
		free(cause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_table),	cmocka_unit_test(test_rows),
		cmocka_unit_test(test_causes), cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
