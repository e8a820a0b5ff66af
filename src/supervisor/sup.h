/* SPDX-License-Identifier: MIT */
/*
 * sup: what every part of the supervisor needs: the loop, the request, the run record, and the parts themselves.
 * One thread, one machine, one struct. Each part is a struct that the file of its name owns; the others call the
 * functions of its header.
 */
#ifndef SUPERVISOR_SUP_H
#define SUPERVISOR_SUP_H

#include "async_writer.h"
#include "base/loop.h"
#include "control.h"
#include "host/lock.h"
#include "machine/run.h"
#include "screen.h"
#include "state.h"
#include <stdbool.h>

/* Until QEMU has opened its lines, and until the guest runs: long, as a busy host is slow; an exit is noticed
 * immediately. The first ends before the second, for its message names the line. */
#define SUP_CONNECT_MS 60000
#define SUP_START_MS 90000

struct sup {
	struct loop *loop;
	const char *request_path; /* the file that supervisor.c was started with */
	struct vm_request req;
	struct lock *lock; /* the machine's */
	struct control *control;
	struct async_writer *writer;
	struct sup_screen *screen;
	struct vm_run run;		/* the record; sup_save writes it */
	struct vm_end end;		/* what the verdict is made from; strings borrowed or static */
	enum vm_state state_before;	/* the last one that the supervisor before this one recorded */
	bool abandoned;			/* QEMU could not be taken over, and is left as it is */
	bool exited;			/* QEMU has; its last output may still be in the sockets */
	int exit_status;		/* the supervisor's */
	struct loop_timer *start_timer; /* until the guest is started */

	struct sup_clock *clock;
	struct sup_deadline *deadline;
	struct sup_guest *guest;
	struct sup_life *life;
	struct sup_monitor *monitor;
	struct sup_order *orders; /* a list: those that wait for their outcome */
	struct sup_process *process;
	struct sup_snapshot *snapshot;
	struct sup_stop *stop;
	struct sup_suspend *suspend;
};

#endif
