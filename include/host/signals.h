/* SPDX-License-Identifier: MIT */
/*
 * signals: the signals that the full-screen program handles, called from the loop; and its stop by Ctrl-Z. Windows has
 * no stop, and a change of the size comes with the input there (host/tty.h).
 */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include <stdbool.h>

#include "base/loop.h"

struct signals_ops {
	void (*resized)(void *arg);	/* SIGWINCH */
	void (*ended)(void *arg);	/* SIGTERM, SIGHUP; on Windows the console is closed */
	void (*interrupted)(void *arg); /* SIGINT, SIGQUIT; Ctrl-Break */
	void (*suspended)(void *arg);	/* SIGTSTP: calls signals_suspend at the end of the loop's turn */
	void (*continued)(void *arg);	/* SIGCONT that did not end signals_suspend */
};

struct signals;

/* Call before curses is opened: if SIGTSTP has no handler then, curses ignores the signal each time it writes, and one
 * that comes during that is lost (ncurses, _nc_signal_handler). `ops` is borrowed. */
struct signals *signals_start(struct loop *loop, const struct signals_ops *ops, void *arg);
void signals_stop(struct signals *s); /* NULL is fine */
/* Whether a stopped process could be continued here: not if no shell waits, as in `xterm -e debwiz`. */
bool signals_can_suspend(void);
/* Stops this job after a SIGTSTP; returns when it is continued, immediately if it has been since the signal. */
void signals_suspend(struct signals *s);
/* Stops this job without a signal, on a key. */
void signals_suspend_now(struct signals *s);

#endif
