/* SPDX-License-Identifier: MIT */
/*
 * clock_darwin: reports changes of the clock by host_request_notification of Mach: the kernel sends one message when
 * the clock was set and after each sleep, to a port that a kqueue waits for, because the loop waits for descriptors.
 * notify(3) would have a descriptor, but says nothing about sleep (com.apple.system.clock_set).
 */
#include <sys/types.h>

#include <fcntl.h>
#include <mach/mach.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

#include <mach/host_notify.h>

#include "base/mem.h"
#include "host/clock.h"

/* The message, and the trailer that the kernel adds. */
struct clock_darwin_message {
	mach_msg_header_t head;
	mach_msg_max_trailer_t trailer;
};

struct host_clock {
	struct loop_fd *watch;
	mach_port_t port;
	int queue;
	void (*fn)(void *arg);
	void *arg;
};

/* Each request is for one message. */
static bool clock_darwin_request(mach_port_t port)
{
	mach_port_t host = mach_host_self();
	kern_return_t r = host_request_notification(host, HOST_NOTIFY_CALENDAR_CHANGE, port);

	mach_port_deallocate(mach_task_self(), host);
	return r == KERN_SUCCESS;
}

static void clock_darwin_on_message(int events, void *arg)
{
	const struct timespec now = {.tv_sec = 0};
	struct host_clock *w = arg;
	struct clock_darwin_message m;
	struct kevent event;
	bool got = false;

	(void)events;
	while (mach_msg(&m.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(m), w->port, 0, MACH_PORT_NULL) ==
	       MACH_MSG_SUCCESS) {
		mach_msg_destroy(&m.head);
		got = true;
	}
	(void)kevent(w->queue, NULL, 0, &event, 1, &now); /* examines the port again: the queue is not readable then */
	if (!got)
		return;
	(void)clock_darwin_request(w->port);
	w->fn(w->arg);
}

static void clock_darwin_close(struct host_clock *w)
{
	if (w->queue >= 0)
		close(w->queue);
	if (w->port != MACH_PORT_NULL)
		mach_port_mod_refs(mach_task_self(), w->port, MACH_PORT_RIGHT_RECEIVE, -1);
	free(w);
}

/* Creates the port and the queue that waits for it. */
static bool clock_darwin_open(struct host_clock *w)
{
	struct kevent event;

	w->queue = kqueue();
	if (w->queue < 0 || mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &w->port) != KERN_SUCCESS)
		return false;
	EV_SET(&event, w->port, EVFILT_MACHPORT, EV_ADD, 0, 0, NULL);
	return fcntl(w->queue, F_SETFD, FD_CLOEXEC) == 0 && kevent(w->queue, &event, 1, NULL, 0, NULL) == 0 &&
	       clock_darwin_request(w->port);
}

struct host_clock *host_clock_watch(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct host_clock *w = xcalloc(1, sizeof(*w));

	w->port = MACH_PORT_NULL;
	w->fn = fn;
	w->arg = arg;
	if (!clock_darwin_open(w)) {
		clock_darwin_close(w);
		return NULL;
	}
	w->watch = loop_fd_start(l, w->queue, LOOP_READ, clock_darwin_on_message, w);
	return w;
}

void host_clock_unwatch(struct host_clock *w)
{
	if (!w)
		return;
	loop_fd_stop(w->watch);
	clock_darwin_close(w);
}
