/* SPDX-License-Identifier: MIT */
/*
 * state: what a machine's supervisor does at each event in each state, as a table, and the verdict when QEMU has
 * exited. Pure: no process, no clock.
 */
#ifndef SUPERVISOR_STATE_H
#define SUPERVISOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/run.h"

enum vm_event {
	VM_EV_UP,	 /* the guest runs and has not come up yet: started, or resumed after a pause */
	VM_EV_RUNS,	 /* the guest runs and had come up before: after a pause, a suspension, a takeover */
	VM_EV_LOGIN,	 /* login prompt, or the guest reported ready */
	VM_EV_RESET,	 /* the guest reset itself */
	VM_EV_TIMEOUT,	 /* no login in time */
	VM_EV_PAUSED,	 /* the guest is paused: by request, or by an error of the disk */
	VM_EV_SUSPEND,	 /* a client asked to suspend */
	VM_EV_SUSPENDED, /* the suspended state is complete on disk: QEMU is no longer needed */
	VM_EV_STOP,	 /* a client asked to stop */
	VM_EV_KILL,	 /* a client asked to kill */
	VM_EV_FATAL,	 /* the machine cannot continue; the reason was recorded */
	VM_EV_DOWN,	 /* QEMU reported that the guest is down: it exits next */
	VM_EV_RUNG,	 /* the deadline of the present rung of the ladder */
	VM_EV_EXIT_OK,	 /* QEMU exited as it should */
	VM_EV_EXIT_BAD,
	VM_EV_EXIT_SUSPENDED, /* QEMU exited, and its state is on disk */
	VM_EV_COUNT,
};

enum vm_action {
	VM_DO_NOTHING,
	VM_DO_POWERDOWN, /* start the ladder */
	VM_DO_QUIT,	 /* the ladder from its second rung */
	VM_DO_KILL,
	VM_DO_NEXT_RUNG,
	VM_DO_AWAIT_EXIT, /* nothing to send, but QEMU must exit in time */
	VM_DO_TELL_TIMEOUT,
	VM_DO_SUSPEND,
	VM_DO_FINISH,
};

struct vm_rule {
	enum vm_state next;
	enum vm_action action;
};

/* Returns the row for an event in a state. An event that means nothing there keeps the state. */
struct vm_rule vm_rule_get(enum vm_state s, enum vm_event ev);

/* Rungs of the stop ladder, in order. */
enum vm_rung { VM_RUNG_NONE, VM_RUNG_POWERDOWN, VM_RUNG_QUIT, VM_RUNG_TERM, VM_RUNG_KILL };
const char *vm_rung_name(enum vm_rung r);

/* How QEMU exited, and what was known then. Strings are never NULL. */
struct vm_end {
	bool configuring, configured;
	bool up;		/* the guest was started */
	bool asked;		/* a client asked to stop or kill */
	bool suspended;		/* its suspended state is complete on disk */
	bool resuming;		/* a suspended state is being loaded, and is still on disk */
	bool adopted;		/* another supervisor had started QEMU: its exit status is unknown */
	enum vm_rung rung;	/* the highest rung that was reached */
	enum vm_cause fatal_id; /* why the supervisor ended QEMU */
	const char *fatal;
	const char *shutdown;  /* the reason of QEMU's SHUTDOWN event, "" if none was received */
	const char *complaint; /* what QEMU wrote to its standard error, in one line */
	const char *accel;
	const char *holder; /* another program that has the disk open, "" if unknown */
	int64_t status;
	int signal;
};

/* Returns VM_OFF, VM_SUSPENDED or VM_FAILED; *id is VM_CAUSE_NONE unless it failed or was killed; *cause is owned: one
 * sentence,
 * "" if there is nothing to say. */
enum vm_state vm_end_verdict(const struct vm_end *end, enum vm_cause *id, char **cause);

#endif
