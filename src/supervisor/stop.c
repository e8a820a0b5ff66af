/* SPDX-License-Identifier: MIT */
/*
 * ladder: how a machine is stopped: the power button, then QEMU's quit, then TERM, then KILL, each
 * with a deadline that subscribers are told.
 */
#include "machine/deadline.h"
#include "sup.h"

#define PRESS_AGAIN_MS 10000 /* a guest whose user space was not up yet missed the button */

void sup_ladder_stop(struct sup *s)
{
	loop_timer_stop(s->rung_timer);
	s->rung_timer = NULL;
}

static void stop_on_rung_timer(void *arg);

static void stop_wait_rung(struct sup *s)
{
	uint64_t now = loop_now(s->loop);
	uint64_t left = s->rung_deadline > now ? s->rung_deadline - now : 0;
	uint64_t press = vm_deadline(PRESS_AGAIN_MS);
	bool again = s->end.rung == VM_RUNG_POWERDOWN && left > press;

	sup_ladder_stop(s);
	s->rung_timer = loop_timer_start(s->loop, again ? press : left, 0, stop_on_rung_timer, s);
}

static void stop_on_rung_timer(void *arg)
{
	struct sup *s = arg;

	if (loop_now(s->loop) >= s->rung_deadline) {
		sup_ladder_stop(s);
		sup_event(s, VM_EV_RUNG);
		return;
	}
	sup_monitor_do(s, "system_powerdown");
	stop_wait_rung(s);
}

json_t *sup_ladder_told(const struct sup *s)
{
	uint64_t now = loop_now(s->loop);
	uint64_t left = s->rung_deadline > now ? s->rung_deadline - now : 0;

	return json_pack("{s:s, s:o}", "rung", s->down ? "exit" : vm_rung_name(s->end.rung), "deadline_ms",
			 json_sprintf("%llu", (unsigned long long)left));
}

void sup_ladder_await_exit(struct sup *s)
{
	s->rung_deadline = loop_now(s->loop) + s->quit_ms;
	s->down = s->end.rung == VM_RUNG_POWERDOWN || s->end.rung == VM_RUNG_QUIT;
	sup_ladder_stop(s);
	s->rung_timer = loop_timer_start(s->loop, s->quit_ms, 0, stop_on_rung_timer, s);
	if (s->down)
		sup_tell(s, "stopping", sup_ladder_told(s));
}

static void stop_start_rung(struct sup *s, uint64_t ms)
{
	s->rung_deadline = loop_now(s->loop) + ms;
	s->down = false;
	stop_wait_rung(s);
	sup_tell(s, "stopping", sup_ladder_told(s));
}

void sup_ladder_enter(struct sup *s, enum vm_rung rung)
{
	if (!sup_qemu_lives(s) && !s->exited)
		sup_judge(s); /* nothing was started yet */
	if (!sup_qemu_lives(s) || rung <= s->end.rung)
		return;
	s->end.rung = rung;
	switch (rung) {
	case VM_RUNG_POWERDOWN:
		if (sup_half_loaded(s)) { /* it must not go on */
			sup_ladder_enter(s, VM_RUNG_QUIT);
			break;
		}
		if (s->paused)
			sup_monitor_do(s, "cont"); /* one that stands still cannot power off */
		if (!sup_monitor_do(s, "system_powerdown"))
			sup_ladder_enter(s, VM_RUNG_QUIT);
		else
			stop_start_rung(s, s->powerdown_ms);
		break;
	case VM_RUNG_QUIT:
		if (!sup_monitor_do(s, "quit"))
			sup_ladder_enter(s, VM_RUNG_TERM);
		else
			stop_start_rung(s, s->quit_ms);
		break;
	case VM_RUNG_TERM:
		sup_qemu_terminate(s);
		stop_start_rung(s, s->quit_ms / 2);
		break;
	case VM_RUNG_KILL:
	case VM_RUNG_NONE:
		s->rung_deadline = loop_now(s->loop);
		s->down = false;
		sup_ladder_stop(s);
		sup_qemu_kill(s);
		sup_tell(s, "stopping", sup_ladder_told(s));
		break;
	}
}

void sup_ladder_next(struct sup *s)
{
	/* A guest that is down has nothing left to be asked: QEMU itself hangs. */
	if (s->shutdown && s->end.rung < VM_RUNG_TERM)
		sup_ladder_enter(s, VM_RUNG_TERM);
	else
		sup_ladder_enter(s, s->end.rung + 1);
}
