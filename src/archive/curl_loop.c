/* SPDX-License-Identifier: MIT */
/* curl_loop: connects libcurl's multi interface to the loop. */
#include "curl_loop.h"

#include <stdlib.h>

#include "base/mem.h"

struct curl_loop {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	void (*acted)(void *arg);
	void *arg;
};

struct curl_watch {
	struct curl_loop *owner;
	curl_socket_t fd;
	struct loop_fd *poll;
};

static void curl_loop_on_socket_ready(int events, void *arg)
{
	struct curl_watch *w = arg;
	struct curl_loop *c = w->owner;
	int mask = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(c->multi, w->fd, mask, &running); /* may free w */
	c->acted(c->arg);
}

static int curl_loop_on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socketp)
{
	struct curl_loop *c = user;
	struct curl_watch *w = socketp;
	int events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			if (w->poll)
				loop_fd_stop(w->poll);
			free(w);
			curl_multi_assign(c->multi, fd, NULL);
		}
		return 0;
	}
	if (!w) {
		w = xcalloc(1, sizeof(*w));
		w->owner = c;
		w->fd = fd;
		w->poll = loop_fd_start(c->loop, fd, events, curl_loop_on_socket_ready, w);
		curl_multi_assign(c->multi, fd, w);
	} else if (w->poll) {
		loop_fd_change(w->poll, events);
	}
	return 0;
}

static void curl_loop_on_timeout(void *arg)
{
	struct curl_loop *c = arg;
	int running;

	loop_timer_stop(c->timer);
	c->timer = NULL;
	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	c->acted(c->arg);
}

static int curl_loop_on_timer(CURLM *multi, long ms, void *user)
{
	struct curl_loop *c = user;

	(void)multi;
	loop_timer_stop(c->timer);
	c->timer = ms < 0 ? NULL : loop_timer_start(c->loop, (uint64_t)ms, 0, curl_loop_on_timeout, c);
	return 0;
}

struct curl_loop *curl_loop_new(struct loop *l, void (*acted)(void *arg), void *arg)
{
	struct curl_loop *c = xcalloc(1, sizeof(*c));

	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, xrealloc, xstrdup, xcalloc))
		mem_end("libcurl cannot be used");
	c->loop = l;
	c->acted = acted;
	c->arg = arg;
	c->multi = curl_multi_init();
	if (!c->multi)
		mem_end("libcurl cannot be used");
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, curl_loop_on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, curl_loop_on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	return c;
}

void curl_loop_free(struct curl_loop *c)
{
	curl_multi_cleanup(c->multi);
	loop_timer_stop(c->timer);
	free(c);
	curl_global_cleanup();
}

CURLM *curl_loop_multi(const struct curl_loop *c)
{
	return c->multi;
}
