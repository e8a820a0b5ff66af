/* SPDX-License-Identifier: MIT */
/*
 * proc_watch: watches a process that is not a child of ours, by a descriptor that reports its exit if the host has
 * one, else by polling.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/proc.h"
#include "proc_priv.h"

#define LOOK_MS 500

struct proc_watch {
	struct proc_id id;
	int fd;
	struct loop_fd *readable;
	struct loop_timer *timer;
	void (*ended)(void *arg);
	void *arg;
};

static void proc_watch_tell(struct proc_watch *w)
{
	loop_fd_stop(w->readable);
	w->readable = NULL;
	loop_timer_stop(w->timer);
	w->timer = NULL;
	w->ended(w->arg);
}

static void proc_watch_on_readable(int events, void *arg)
{
	(void)events;
	proc_watch_tell(arg);
}

static void proc_watch_on_look(void *arg)
{
	struct proc_watch *w = arg;

	if (!proc_alive(&w->id))
		proc_watch_tell(w);
}

struct proc_watch *proc_watch_start(struct loop *l, const struct proc_id *id, void (*ended)(void *arg), void *arg)
{
	struct proc_watch *w = xcalloc(1, sizeof(*w));

	w->id = *id;
	w->ended = ended;
	w->arg = arg;
	w->fd = proc_end_fd(id->pid);
	/* checked after the descriptor was opened: so it belongs to that process and not to a later one */
	if (w->fd >= 0 && proc_alive(id))
		w->readable = loop_fd_start(l, w->fd, LOOP_READ, proc_watch_on_readable, w);
	else
		w->timer = loop_timer_start(l, 0, LOOK_MS, proc_watch_on_look, w);
	return w;
}

void proc_watch_stop(struct proc_watch *w)
{
	if (!w)
		return;
	loop_fd_stop(w->readable);
	loop_timer_stop(w->timer);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
