/* SPDX-License-Identifier: MIT */
/* signals_posix: receives signals in the loop, and stops the job as a shell expects. */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/signals.h"

static const struct {
	int signum;
	size_t handler; /* offset in struct signals_ops */
} handled[] = {
	{SIGWINCH, offsetof(struct signals_ops, resized)},    {SIGTERM, offsetof(struct signals_ops, ended)},
	{SIGHUP, offsetof(struct signals_ops, ended)},	      {SIGINT, offsetof(struct signals_ops, interrupted)},
	{SIGQUIT, offsetof(struct signals_ops, interrupted)}, {SIGTSTP, offsetof(struct signals_ops, suspended)},
	{SIGCONT, offsetof(struct signals_ops, continued)},
};
enum { AT_SUSPEND = 5, AT_CONTINUE };

struct signals {
	struct loop *loop;
	const struct signals_ops *ops;
	void *arg;
	struct loop_signal *watches[ARRAY_SIZE(handled)];
};

/* The loop handles a signal some time after it arrived. These handlers record immediately whether a SIGCONT followed
 * the last SIGTSTP: a process that stops after that SIGCONT is never continued. */
static volatile sig_atomic_t signals_continues, signals_continues_at_stop;
static void (*signals_to_loop[2])(int signum); /* the loop's own handlers */

static void signals_on_stop(int signum)
{
	signals_continues_at_stop = signals_continues;
	signals_to_loop[0](signum);
}

static void signals_on_continue(int signum)
{
	signals_continues++;
	signals_to_loop[1](signum);
}

/* Puts our handler before the one that the loop has just installed. */
static void signals_note(size_t i)
{
	struct sigaction act;

	sigaction(handled[i].signum, NULL, &act);
	signals_to_loop[i - AT_SUSPEND] = act.sa_handler;
	act.sa_handler = i == AT_SUSPEND ? signals_on_stop : signals_on_continue;
	sigaction(handled[i].signum, &act, NULL);
}

static void signals_watch(struct signals *s, size_t i)
{
	void (*fn)(void *arg) = *(void (*const *)(void *arg))((const char *)s->ops + handled[i].handler);

	s->watches[i] = loop_signal_start(s->loop, handled[i].signum, fn, s->arg);
	if (i >= AT_SUSPEND)
		signals_note(i);
}

static void signals_unwatch(struct signals *s, size_t i)
{
	loop_signal_stop(s->watches[i]);
	s->watches[i] = NULL;
}

struct signals *signals_start(struct loop *loop, const struct signals_ops *ops, void *arg)
{
	struct signals *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->ops = ops;
	s->arg = arg;
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		signals_watch(s, i);
	return s;
}

void signals_stop(struct signals *s)
{
	for (size_t i = 0; s && i < ARRAY_SIZE(handled); i++)
		signals_unwatch(s, i);
	free(s);
}

static void signals_handle_stop(void (*handler)(int))
{
	struct sigaction act = {.sa_handler = handler};

	sigemptyset(&act.sa_mask);
	sigaction(SIGTSTP, &act, NULL);
}

static void signals_mask_stop(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	pthread_sigmask(how, &set, NULL);
}

/* The system discards the stop of a process group whose leader's parent is in another session, because nothing could
 * continue it (POSIX, 2.4.3 and "orphaned process group"). */
bool signals_can_suspend(void)
{
	pid_t theirs = getsid(getppid());

	return theirs < 0 || theirs == getsid(0);
}

void signals_suspend_now(struct signals *s)
{
	signals_continues_at_stop = signals_continues;
	signals_suspend(s);
}

/* Stops the others of the job first, then this thread by itself: another thread of the pool may take a signal to the
 * group, and then kill returns before the stop, with the full screen back too early. A SIGTSTP that arrives
 * until then waits behind the mask, and SIGCONT discards it with ours. */
void signals_suspend(struct signals *s)
{
	if (signals_continues != signals_continues_at_stop)
		return;
	signals_mask_stop(SIG_BLOCK);
	signals_unwatch(s, AT_SUSPEND);
	signals_handle_stop(SIG_IGN);
	kill(0, SIGTSTP);
	signals_handle_stop(SIG_DFL);
	raise(SIGTSTP); /* pending from here on, and a SIGCONT takes it away */
	if (signals_continues != signals_continues_at_stop)
		signals_handle_stop(SIG_IGN); /* it came before: this takes the stop away */
	signals_unwatch(s, AT_CONTINUE);
	signals_mask_stop(SIG_UNBLOCK); /* stopped here, until it is continued */
	signals_watch(s, AT_SUSPEND);
	signals_watch(s, AT_CONTINUE);
}
