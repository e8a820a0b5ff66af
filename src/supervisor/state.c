/* SPDX-License-Identifier: MIT */
/*
 * state: the table of states (state.h), the one place that decides what follows what. A row that is absent means:
 * keep the state, do nothing.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct state_row {
	struct vm_rule rule;
	bool set;
};

#define ROW(next_, action_)                                                                                            \
	{                                                                                                              \
		.rule = {VM_##next_, VM_DO_##action_}, .set = true                                                     \
	}

/* Rows of every state in which QEMU runs. */
#define ENDS                                                                                                           \
	[VM_EV_KILL] = ROW(STOPPING, KILL), [VM_EV_FATAL] = ROW(STOPPING, QUIT), [VM_EV_EXIT_OK] = ROW(OFF, FINISH),   \
	[VM_EV_EXIT_BAD] = ROW(FAILED, FINISH), [VM_EV_EXIT_SUSPENDED] = ROW(SUSPENDED, FINISH)

static const struct state_row rules[VM_STATE_COUNT][VM_EV_COUNT] =
	{
		[VM_STARTING] =
			{
				[VM_EV_UP] = ROW(BOOTING, NOTHING),
				[VM_EV_RUNS] = ROW(RUNNING, NOTHING),
				[VM_EV_PAUSED] = ROW(PAUSED, NOTHING),
				[VM_EV_SUSPENDED] = ROW(SUSPENDING, QUIT),
				[VM_EV_STOP] = ROW(STOPPING, QUIT),
				[VM_EV_DOWN] = ROW(STOPPING, AWAIT_EXIT),
				ENDS,
			},
		[VM_BOOTING] =
			{
				[VM_EV_LOGIN] = ROW(RUNNING, NOTHING),
				[VM_EV_TIMEOUT] = ROW(BOOTING, TELL_TIMEOUT),
				[VM_EV_PAUSED] = ROW(PAUSED, NOTHING),
				[VM_EV_SUSPEND] = ROW(SUSPENDING, SUSPEND),
				[VM_EV_STOP] = ROW(STOPPING, POWERDOWN),
				[VM_EV_DOWN] = ROW(STOPPING, AWAIT_EXIT),
				ENDS,
			},
		[VM_RUNNING] =
			{
				[VM_EV_RESET] = ROW(BOOTING, NOTHING),
				[VM_EV_PAUSED] = ROW(PAUSED, NOTHING),
				[VM_EV_SUSPEND] = ROW(SUSPENDING, SUSPEND),
				[VM_EV_STOP] = ROW(STOPPING, POWERDOWN),
				[VM_EV_DOWN] = ROW(STOPPING, AWAIT_EXIT),
				ENDS,
			},
		[VM_PAUSED] =
			{
				[VM_EV_UP] = ROW(BOOTING, NOTHING),
				[VM_EV_RUNS] = ROW(RUNNING, NOTHING),
				[VM_EV_SUSPEND] = ROW(SUSPENDING, SUSPEND),
				[VM_EV_STOP] = ROW(STOPPING, POWERDOWN),
				[VM_EV_DOWN] = ROW(STOPPING, AWAIT_EXIT),
				ENDS,
			},
		[VM_SUSPENDING] =
			{
				/* it failed, and the guest is as before */
				[VM_EV_UP] = ROW(BOOTING, NOTHING),
				[VM_EV_RUNS] = ROW(RUNNING, NOTHING),
				[VM_EV_PAUSED] = ROW(PAUSED, NOTHING),
				[VM_EV_SUSPENDED] = ROW(SUSPENDING, QUIT),
				[VM_EV_RUNG] = ROW(SUSPENDING, NEXT_RUNG),
				[VM_EV_DOWN] = ROW(SUSPENDING, AWAIT_EXIT),
				ENDS,
			},
		[VM_STOPPING] =
			{
				[VM_EV_DOWN] = ROW(STOPPING, AWAIT_EXIT),
				[VM_EV_RUNG] = ROW(STOPPING, NEXT_RUNG),
				ENDS,
			},
};

struct vm_rule vm_rule_get(enum vm_state s, enum vm_event ev)
{
	const struct state_row *row = &rules[s][ev];

	return row->set ? row->rule : (struct vm_rule){s, VM_DO_NOTHING};
}

const char *vm_rung_name(enum vm_rung r)
{
	static const char *const names[] = {
		[VM_RUNG_NONE] = "none",      [VM_RUNG_POWERDOWN] = "powerdown", [VM_RUNG_QUIT] = "quit",
		[VM_RUNG_TERM] = "terminate", [VM_RUNG_KILL] = "kill",
	};

	return names[r];
}

/* What QEMU's own reasons mean (qapi/run-state.json, ShutdownCause). */
static const struct {
	const char *reason;
	enum vm_cause id;
	const char *text;
} shutdowns[] = {
	{"guest-shutdown", VM_CAUSE_NONE, "the guest powered off"},
	{"guest-reset", VM_CAUSE_GUEST_RESET, "the guest reset itself where that ends the run"},
	{"guest-panic", VM_CAUSE_PANIC, "the guest's kernel panicked"},
	{"host-error", VM_CAUSE_HOST_ERROR, "QEMU exited because of an error of the host"},
	{"host-qmp-quit", VM_CAUSE_NONE, "another program quit QEMU over its monitor"},
	{"host-signal", VM_CAUSE_SIGNAL, "QEMU was stopped by a signal from outside"},
	{"host-ui", VM_CAUSE_NONE, "QEMU's window was closed"},
};

static char *state_with_complaint(const struct vm_end *end, char *text)
{
	char *whole;

	if (!*end->complaint)
		return text;
	whole = xasprintf("%s: %s", text, end->complaint);
	free(text);
	return whole;
}

/* QEMU locks its images (block/file-posix.c): another program has this one. */
static bool state_is_locked(const struct vm_end *end)
{
	return strstr(end->complaint, "Failed to get \"write\" lock") != NULL ||
	       strstr(end->complaint, "Failed to get shared \"write\" lock") != NULL;
}

/* QEMU has no other report of an accelerator that fails than its name in the complaint. */
static bool state_accel_is_refused(const struct vm_end *end)
{
	return *end->accel && strcmp(end->accel, "tcg") != 0 && strcasestr(end->complaint, end->accel);
}

/* QEMU exited with an error of its own. */
static enum vm_state state_crashed(const struct vm_end *end, enum vm_cause *id, char **cause)
{
	if (state_is_locked(end)) {
		*id = VM_CAUSE_DISK_LOCKED;
		*cause = xasprintf("the machine's disk is in use by another program%s%s%s", *end->holder ? " (" : "",
				   end->holder, *end->holder ? ")" : "");
	} else if (end->resuming) {
		*id = VM_CAUSE_RESUME_FAILED;
		*cause = xstrdup("QEMU could not resume the suspended state, which is kept");
	} else if (end->signal == 9) {
		*id = VM_CAUSE_QEMU_KILLED;
		*cause = xstrdup("QEMU was killed (signal 9) by another program or by a host out of memory");
	} else if (end->signal) {
		*id = VM_CAUSE_QEMU_CRASHED;
		*cause = xasprintf("QEMU crashed (signal %d)", end->signal);
	} else if (end->adopted) {
		*id = VM_CAUSE_QEMU_ENDED;
		*cause = xstrdup(
			"QEMU exited or was killed; its exit status is not known, because its first supervisor was "
			"killed");
	} else if (end->up) {
		*id = VM_CAUSE_QEMU_ENDED;
		*cause = xasprintf("QEMU exited with status %d", (int)end->status);
	} else {
		*id = state_accel_is_refused(end) ? VM_CAUSE_ACCEL_REFUSED : VM_CAUSE_QEMU_REFUSED;
		*cause = xasprintf("QEMU refused to start (status %d)", (int)end->status);
	}
	*cause = state_with_complaint(end, *cause);
	return VM_FAILED;
}

static enum vm_state state_asked(const struct vm_end *end, enum vm_cause *id, char **cause)
{
	*id = VM_CAUSE_NONE;
	if (end->configuring && !end->configured) {
		*id = VM_CAUSE_STOPPED;
		*cause = xstrdup("it was stopped before the guest was configured");
		return VM_FAILED;
	}
	if (end->rung == VM_RUNG_KILL)
		*id = VM_CAUSE_KILLED;
	*cause = xstrdup(end->rung == VM_RUNG_KILL   ? "killed"
			 : end->rung == VM_RUNG_TERM ? "stopped by ending QEMU: its monitor did not answer"
			 : end->rung == VM_RUNG_QUIT ? "stopped by ending QEMU: the guest did not power off"
						     : "stopped");
	return VM_OFF;
}

enum vm_state vm_end_verdict(const struct vm_end *end, enum vm_cause *id, char **cause)
{
	if (end->suspended) {
		*id = VM_CAUSE_NONE;
		*cause = xstrdup("the next boot resumes it");
		return VM_SUSPENDED;
	}
	if (end->fatal_id) {
		*id = end->fatal_id;
		*cause = xstrdup(end->fatal);
		if (*id == VM_CAUSE_INTERNAL_ERROR || *id == VM_CAUSE_MONITOR)
			*cause = state_with_complaint(end, *cause);
		return VM_FAILED;
	}
	if (end->asked)
		return state_asked(end, id, cause);
	if (end->rung >= VM_RUNG_TERM) { /* the supervisor ended QEMU after the guest was down */
		*id = VM_CAUSE_QEMU_STUCK;
		*cause = xstrdup("QEMU had to be killed: it did not exit after the guest was down");
		return VM_FAILED;
	}
	if (end->signal || end->status)
		return state_crashed(end, id, cause);
	if (end->configuring) {
		*id = end->configured ? VM_CAUSE_NONE : VM_CAUSE_NOT_CONFIGURED;
		*cause = xstrdup(end->configured ? "" : "the guest went down before it was configured");
		return end->configured ? VM_OFF : VM_FAILED;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shutdowns); i++) {
		if (strcmp(shutdowns[i].reason, end->shutdown) != 0)
			continue;
		*id = shutdowns[i].id;
		*cause = xstrdup(shutdowns[i].text);
		return *id ? VM_FAILED : VM_OFF;
	}
	if (end->adopted)
		return state_crashed(end, id, cause);
	*id = VM_CAUSE_NO_REASON;
	*cause = state_with_complaint(end, xstrdup("QEMU exited without a reason"));
	return VM_FAILED;
}
