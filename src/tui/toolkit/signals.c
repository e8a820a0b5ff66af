/* SPDX-License-Identifier: MIT */
/* signals: receives signals in the loop, and stops the job as a shell expects. */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

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

static void signals_watch(struct signals *s, size_t i)
{
	void (*fn)(void *arg) = *(void (*const *)(void *arg))((const char *)s->ops + handled[i].handler);

	s->watches[i] = loop_signal_start(s->loop, handled[i].signum, fn, s->arg);
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

/* Stops the others of the job first, then this thread by itself: another thread of the pool may take a signal to the
 * group, and then kill returns before the stop, with the full screen back too early. A SIGTSTP that arrives
 * until then waits behind the mask, and SIGCONT discards it with ours. */
void signals_suspend(struct signals *s)
{
	signals_mask_stop(SIG_BLOCK);
	signals_unwatch(s, AT_SUSPEND);
	signals_unwatch(s, AT_CONTINUE);
	signals_handle_stop(SIG_IGN);
	kill(0, SIGTSTP);
	signals_handle_stop(SIG_DFL);
	raise(SIGTSTP);
	signals_mask_stop(SIG_UNBLOCK); /* stopped here, until it is continued */
	signals_watch(s, AT_SUSPEND);
	signals_watch(s, AT_CONTINUE);
}
