/* SPDX-License-Identifier: MIT */
/*
 * loop: timers, work, descriptors and signals by libuv. Streams are in stream.c. Each handle is freed in its close
 * callback, when libuv no longer uses it.
 */
#include "base/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "host/file.h"

#define WIDTH_MAX 64
#define DESCRIPTORS 12 /* that libuv opens for a loop and its first signals */

struct loop {
	uv_loop_t uv;
	bool threads; /* as many as the pool can have */
};

struct loop_timer {
	uv_timer_t uv;
	void (*fn)(void *arg);
	void *arg;
};

struct loop_fd {
	uv_poll_t uv;
	void (*fn)(int events, void *arg);
	void *arg;
};

struct loop_signal {
	uv_signal_t uv;
	void (*fn)(void *arg);
	void *arg;
};

static const int loop_exit_numbers[] = {SIGINT, SIGTERM, SIGHUP};

struct loop_exit {
	struct loop_signal *signals[ARRAY_SIZE(loop_exit_numbers)];
};

struct loop_watch {
	uv_fs_event_t uv;
	void (*fn)(void *arg);
	void *arg;
};

struct loop_turn {
	uv_prepare_t uv;
	void (*fn)(void *arg);
	void *arg;
};

struct work {
	uv_work_t uv;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

unsigned loop_cpus(void)
{
	uv_cpu_info_t *info;
	int n;

	if (uv_cpu_info(&info, &n) < 0)
		return 1;
	uv_free_cpu_info(info, n);
	return n > 0 ? (unsigned)n : 1;
}

unsigned loop_work_width(void)
{
	unsigned n = loop_cpus() + 2; /* a writer and a slow name lookup besides one worker for each CPU */

	return n < 4 ? 4 : n > WIDTH_MAX ? WIDTH_MAX : n;
}

/* A closed peer shows as an error of the write, not as a signal that ends the program. */
static void loop_ignore_broken_pipes(void)
{
#ifdef SIGPIPE
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGPIPE, &ignore, NULL);
#endif
}

void loop_guard_memory(void)
{
	uv_replace_allocator(xmalloc, xrealloc, xcalloc, free);
}

/* libuv aborts if it lacks a descriptor in the wrong place: this many are tried first. */
static void loop_need_descriptors(void)
{
	int fds[DESCRIPTORS];
	size_t n = 0;

	while (n < DESCRIPTORS && (fds[n] = file_open_null(FILE_READ)) >= 0)
		n++;
	if (n < DESCRIPTORS)
		mem_end("too many open files, or too few are allowed (ulimit -n)");
	while (n)
		close(fds[--n]);
}

static void loop_nothing(void *arg)
{
	(void)arg;
}

/* Tries a thread as well, for the same reason. */
static void loop_need_threads(struct loop *l)
{
	uv_thread_t threads[WIDTH_MAX];
	size_t want = loop_work_width(), n = 0;

	if (l->threads)
		return;
	while (n < want && !uv_thread_create(&threads[n], loop_nothing, NULL))
		n++;
	if (n < want)
		mem_end("no further thread can be started (ulimit -u)");
	while (n)
		uv_thread_join(&threads[--n]);
	l->threads = true;
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	char width[16];
	size_t size = sizeof(width);
	int r;

	/* a single thread would wait for itself when a writer waits for its workers */
	if (uv_os_getenv("UV_THREADPOOL_SIZE", width, &size) < 0 || strtoul(width, NULL, 10) < 2) {
		char *text = xasprintf("%u", loop_work_width());

		uv_os_setenv("UV_THREADPOOL_SIZE", text);
		free(text);
	}
	loop_need_descriptors();
	r = uv_loop_init(&l->uv);
	if (r < 0)
		mem_end(uv_strerror(r));
	loop_ignore_broken_pipes();
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	uv_run(&l->uv, UV_RUN_NOWAIT); /* runs the close callbacks of handles that were just stopped */
	uv_loop_close(&l->uv);
	free(l);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_poll(struct loop *l)
{
	/* without a handle that keeps it running the loop would look at nothing */
	struct loop_timer *keeps = loop_timer_start(l, 0, 0, loop_nothing, NULL);

	uv_run(&l->uv, UV_RUN_NOWAIT);
	loop_timer_stop(keeps);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

uint64_t loop_now(struct loop *l)
{
	uv_update_time(&l->uv);
	return uv_now(&l->uv);
}

void *loop_uv(struct loop *l)
{
	return &l->uv;
}

static void loop_free_handle(uv_handle_t *h)
{
	free(h->data);
}

static void loop_on_timer(uv_timer_t *uv)
{
	struct loop_timer *t = uv->data;

	t->fn(t->arg);
	/* The period starts now: libuv 1.44 (Debian 12) would call a callback that takes longer than its period
	 * again and again, and nothing else. */
	if (!uv_is_closing((uv_handle_t *)uv))
		uv_timer_again(uv);
}

struct loop_timer *loop_timer_start(struct loop *l, uint64_t ms, uint64_t repeat_ms, void (*fn)(void *arg), void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->uv.data = t;
	uv_timer_init(&l->uv, &t->uv);
	uv_update_time(&l->uv);
	uv_timer_start(&t->uv, loop_on_timer, ms, repeat_ms);
	return t;
}

void loop_timer_stop(struct loop_timer *t)
{
	if (t)
		uv_close((uv_handle_t *)&t->uv, loop_free_handle);
}

static void loop_run_work(uv_work_t *uv)
{
	struct work *w = uv->data;

	w->work(w->arg);
}

static void loop_after_work(uv_work_t *uv, int status)
{
	struct work *w = uv->data;
	void (*done)(void *) = w->done;
	void *arg = w->arg;

	(void)status; /* work is never cancelled by libuv: it checks a flag of its own */
	free(w);
	if (done)
		done(arg);
}

void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work *w = xcalloc(1, sizeof(*w));

	loop_need_threads(l);
	w->work = work;
	w->done = done;
	w->arg = arg;
	w->uv.data = w;
	if (uv_queue_work(&l->uv, &w->uv, loop_run_work, loop_after_work) < 0)
		mem_end("no thread for work can be started");
}

static int loop_to_uv(int events)
{
	return (events & LOOP_READ ? UV_READABLE : 0) | (events & LOOP_WRITE ? UV_WRITABLE : 0);
}

static void loop_on_poll(uv_poll_t *uv, int status, int events)
{
	struct loop_fd *w = uv->data;
	int mine = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0);

	/* The next read or write reports an error. */
	w->fn(status < 0 ? LOOP_READ | LOOP_WRITE : mine, w->arg);
}

struct loop_fd *loop_fd_start(struct loop *l, int fd, int events, void (*fn)(int events, void *arg), void *arg)
{
	struct loop_fd *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	w->uv.data = w;
	if (uv_poll_init(&l->uv, &w->uv, fd) < 0) {
		free(w);
		return NULL;
	}
	uv_poll_start(&w->uv, loop_to_uv(events), loop_on_poll);
	return w;
}

void loop_fd_change(struct loop_fd *w, int events)
{
	uv_poll_start(&w->uv, loop_to_uv(events), loop_on_poll);
}

void loop_fd_stop(struct loop_fd *w)
{
	if (!w)
		return;
	uv_poll_stop(&w->uv);
	uv_close((uv_handle_t *)&w->uv, loop_free_handle);
}

static void loop_on_signal(uv_signal_t *uv, int signum)
{
	struct loop_signal *s = uv->data;

	(void)signum;
	s->fn(s->arg);
}

struct loop_signal *loop_signal_start(struct loop *l, int signum, void (*fn)(void *arg), void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	s->uv.data = s;
	uv_signal_init(&l->uv, &s->uv);
	uv_signal_start(&s->uv, loop_on_signal, signum);
	uv_unref((uv_handle_t *)&s->uv); /* waiting for a signal does not keep the loop running */
	return s;
}

void loop_signal_stop(struct loop_signal *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->uv, loop_free_handle);
}

struct loop_exit *loop_exit_start(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct loop_exit *x = xcalloc(1, sizeof(*x));

	for (size_t i = 0; i < ARRAY_SIZE(x->signals); i++)
		x->signals[i] = loop_signal_start(l, loop_exit_numbers[i], fn, arg);
	return x;
}

void loop_exit_stop(struct loop_exit *x)
{
	for (size_t i = 0; x && i < ARRAY_SIZE(x->signals); i++)
		loop_signal_stop(x->signals[i]);
	free(x);
}

static void loop_on_watch(uv_fs_event_t *uv, const char *name, int events, int status)
{
	struct loop_watch *w = uv->data;

	(void)name;
	(void)events;
	(void)status;
	w->fn(w->arg);
}

struct loop_watch *loop_watch_start(struct loop *l, const char *path, void (*fn)(void *arg), void *arg)
{
	struct loop_watch *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	w->uv.data = w;
	uv_fs_event_init(&l->uv, &w->uv);
	uv_unref((uv_handle_t *)&w->uv);
	if (uv_fs_event_start(&w->uv, loop_on_watch, path, 0) < 0) {
		uv_close((uv_handle_t *)&w->uv, loop_free_handle);
		return NULL;
	}
	return w;
}

void loop_watch_stop(struct loop_watch *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->uv, loop_free_handle);
}

static void loop_on_prepare(uv_prepare_t *uv)
{
	struct loop_turn *t = uv->data;

	t->fn(t->arg);
}

struct loop_turn *loop_turn_start(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct loop_turn *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->uv.data = t;
	uv_prepare_init(&l->uv, &t->uv);
	uv_prepare_start(&t->uv, loop_on_prepare);
	uv_unref((uv_handle_t *)&t->uv);
	return t;
}

void loop_turn_stop(struct loop_turn *t)
{
	if (t)
		uv_close((uv_handle_t *)&t->uv, loop_free_handle);
}

const char *loop_library_version(void)
{
	return uv_version_string();
}

const char *loop_strerror(int uverr)
{
	return uv_strerror(uverr);
}
