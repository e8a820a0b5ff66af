/* SPDX-License-Identifier: MIT */
/* clock_linux: reports changes of the clock by timerfd_create(2), TFD_TIMER_CANCEL_ON_SET. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/clock.h"

#define FAR_AWAY (10 * 365 * 86400L) /* seconds: so far away that only a change of the clock ends the timer */

struct host_clock {
	struct loop_fd *watch;
	int fd;
	void (*fn)(void *arg);
	void *arg;
};

static int clock_linux_arm(int fd)
{
	struct itimerspec when = {.it_value = {.tv_sec = time(NULL) + FAR_AWAY}};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void clock_linux_on_timer(int events, void *arg)
{
	struct host_clock *w = arg;
	uint64_t times;

	(void)events;
	if (read(w->fd, &times, sizeof(times)) < 0 && errno != ECANCELED)
		return;
	(void)clock_linux_arm(w->fd);
	w->fn(w->arg);
}

struct host_clock *host_clock_watch(struct loop *l, void (*fn)(void *arg), void *arg)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	struct host_clock *w;

	if (fd < 0)
		return NULL;
	if (clock_linux_arm(fd) < 0) {
		close(fd);
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	w->watch = loop_fd_start(l, fd, LOOP_READ, clock_linux_on_timer, w);
	return w;
}

void host_clock_unwatch(struct host_clock *w)
{
	if (!w)
		return;
	loop_fd_stop(w->watch);
	close(w->fd);
	free(w);
}
