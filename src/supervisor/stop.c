/* SPDX-License-Identifier: MIT */
/*
 * stop: the stop ladder: the power button (or the line to the guest, clock.h), then QEMU's quit, then TERM, then KILL,
 * each with a deadline that is sent to subscribers.
 */
#include "stop.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock.h"
#include "deadline.h"
#include "life.h"
#include "machine/deadline.h"
#include "monitor.h"
#include "process.h"
#include "snapshot.h"
#include "sup.h"

#define POWERDOWN_MS 60000
#define POWERDOWN_EMULATED_MS 180000 /* services end slowly there, and more so on a busy host */
#define QUIT_MS 10000
#define PRESS_AGAIN_MS 10000 /* a guest whose user space had not started missed the button */

struct sup_stop {
	uint64_t powerdown_ms; /* 0: as usual */
	uint64_t quit_ms;
	uint64_t deadline; /* of the present rung */
	bool down;	   /* the guest is: only QEMU's exit is waited for */
	struct loop_timer *timer;
};

struct sup_stop *sup_stop_new(void)
{
	struct sup_stop *p = xcalloc(1, sizeof(*p));

	p->quit_ms = QUIT_MS;
	return p;
}

void sup_stop_free(struct sup_stop *p)
{
	loop_timer_stop(p->timer);
	free(p);
}

void sup_stop_request(struct sup *s, uint64_t powerdown_ms, uint64_t quit_ms)
{
	if (s->run.state != VM_STOPPING) {
		s->stop->powerdown_ms = powerdown_ms;
		s->stop->quit_ms = quit_ms ? quit_ms : QUIT_MS;
	}
	s->end.asked = true;
	if (s->run.state == VM_SUSPENDING && sup_deadline_passed(s)) {
		sup_event(s, VM_EV_FATAL); /* the suspension does not end */
		return;
	}
	if (s->run.state == VM_STARTING && s->end.adopted)
		return; /* the guest's state is not known yet: the stop follows when it is */
	sup_event(s, VM_EV_STOP);
}

void sup_stop_cancel(struct sup *s)
{
	loop_timer_stop(s->stop->timer);
	s->stop->timer = NULL;
}

static uint64_t stop_left(const struct sup *s)
{
	uint64_t now = loop_now(s->loop);

	return s->stop->deadline > now ? s->stop->deadline - now : 0;
}

static void stop_on_timer(void *arg);

static void stop_start_timer(struct sup *s, uint64_t ms)
{
	sup_stop_cancel(s);
	s->stop->timer = loop_timer_start(s->loop, ms, 0, stop_on_timer, s);
}

static void stop_wait(struct sup *s)
{
	uint64_t left = stop_left(s);
	uint64_t press = vm_deadline(PRESS_AGAIN_MS);

	stop_start_timer(s, s->end.rung == VM_RUNG_POWERDOWN && left > press ? press : left);
}

static void stop_on_timer(void *arg)
{
	struct sup *s = arg;

	if (!stop_left(s)) {
		sup_stop_cancel(s);
		sup_event(s, VM_EV_RUNG);
		return;
	}
	sup_monitor_send(s, "system_powerdown");
	sup_clock_power_off(s);
	stop_wait(s);
}

json_t *sup_stop_values(const struct sup *s)
{
	return json_pack("{s:s, s:o}", "rung", s->stop->down ? "exit" : vm_rung_name(s->end.rung), "deadline_ms",
			 json_sprintf("%llu", (unsigned long long)stop_left(s)));
}

static void stop_set_deadline(struct sup *s, uint64_t ms, bool down)
{
	s->stop->deadline = loop_now(s->loop) + ms;
	s->stop->down = down;
}

void sup_stop_await_exit(struct sup *s)
{
	stop_set_deadline(s, s->stop->quit_ms, s->end.rung == VM_RUNG_POWERDOWN || s->end.rung == VM_RUNG_QUIT);
	stop_start_timer(s, s->stop->quit_ms);
	if (s->stop->down)
		sup_send_progress(s, "stopping", sup_stop_values(s));
}

static void stop_start_rung(struct sup *s, uint64_t ms)
{
	stop_set_deadline(s, ms, false);
	stop_wait(s);
	sup_send_progress(s, "stopping", sup_stop_values(s));
}

void sup_stop_enter(struct sup *s, enum vm_rung rung)
{
	if (!sup_process_is_alive(s) && !s->exited)
		sup_conclude(s); /* nothing was started yet */
	if (!sup_process_is_alive(s) || rung <= s->end.rung)
		return;
	s->end.rung = rung;
	switch (rung) {
	case VM_RUNG_POWERDOWN:
		if (sup_snapshot_is_partial(s)) { /* the guest must not be resumed */
			sup_stop_enter(s, VM_RUNG_QUIT);
			break;
		}
		if (sup_is_paused(s))
			sup_monitor_send(s, "cont"); /* a paused guest cannot power off */
		if (!sup_monitor_send(s, "system_powerdown"))
			sup_stop_enter(s, VM_RUNG_QUIT);
		else
			stop_start_rung(s, s->stop->powerdown_ms	 ? s->stop->powerdown_ms
					   : strcmp(s->run.accel, "tcg") ? POWERDOWN_MS
									 : POWERDOWN_EMULATED_MS);
		sup_clock_power_off(s);
		break;
	case VM_RUNG_QUIT:
		if (!sup_monitor_send(s, "quit"))
			sup_stop_enter(s, VM_RUNG_TERM);
		else
			stop_start_rung(s, s->stop->quit_ms);
		break;
	case VM_RUNG_TERM:
		sup_process_terminate(s);
		stop_start_rung(s, s->stop->quit_ms / 2);
		break;
	case VM_RUNG_KILL:
	case VM_RUNG_NONE:
		stop_set_deadline(s, 0, false);
		sup_stop_cancel(s);
		sup_process_kill(s);
		sup_send_progress(s, "stopping", sup_stop_values(s));
		break;
	}
}

void sup_stop_next(struct sup *s)
{
	/* A guest that is down cannot be asked: QEMU itself hangs. */
	if (*sup_monitor_shutdown(s) && s->end.rung < VM_RUNG_TERM)
		sup_stop_enter(s, VM_RUNG_TERM);
	else
		sup_stop_enter(s, s->end.rung + 1);
}
