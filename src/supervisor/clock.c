/* SPDX-License-Identifier: MIT */
/*
 * clock: sets the guest's clock after it was paused, suspended or reverted, and when the host's own clock
 * jumped (it was suspended itself). The line to the guest is the port debwiz.host, on which a guest of this
 * version listens once it is ready: "1 clock epoch=SECONDS.MILLISECONDS". It sleeps otherwise; nothing polls.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/file.h"
#include "sup.h"

#define CONNECT_MS 20000

/* A QEMU that an earlier version started has no such port. */
static bool clock_has_port(const struct sup *s)
{
	for (size_t i = 0; i < s->req.argv.len; i++)
		if (!strncmp(s->req.argv.items[i], "socket,id=host,", 15))
			return true;
	return false;
}

void sup_clock_tell(struct sup *s)
{
	struct timespec now;
	char *line;

	/* before that nobody listens, and the line would be read when it is old */
	if (!s->clock_link || !s->run.ready || s->paused)
		return;
	if (!vm_link_is_up(s->clock_link)) {
		s->clock_due = true;
		return;
	}
	s->clock_due = false;
	if (vm_link_queued(s->clock_link)) /* nobody reads */
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	line = xasprintf("1 clock epoch=%lld.%03ld\n", (long long)now.tv_sec, now.tv_nsec / 1000000);
	(void)vm_link_write(s->clock_link, line, strlen(line));
	log_msg("vm", "told the guest the time");
	free(line);
}

static void clock_up(void *arg)
{
	struct sup *s = arg;

	if (s->clock_due)
		sup_clock_tell(s);
}

static void clock_data(const char *p, size_t n, void *arg)
{
	(void)p; /* the guest says nothing there */
	(void)n;
	(void)arg;
}

static void clock_down(const char *error, void *arg)
{
	struct sup *s = arg;

	(void)error; /* the machine runs without it */
	vm_link_close(s->clock_link);
	s->clock_link = NULL;
}

static const struct vm_link_ops clock_ops = {.up = clock_up, .data = clock_data, .down = clock_down};

static void clock_jumped(void *arg)
{
	sup_clock_tell(arg);
}

void sup_clock_open(struct sup *s)
{
	char *path = file_join(s->req.runtime_dir, "host");

	if (clock_has_port(s) && !s->req.configuring) {
		s->clock_link = vm_link_open(s->loop, path, CONNECT_MS, &clock_ops, s);
		s->clock_watch = host_clock_watch(s->loop, clock_jumped, s);
	}
	free(path);
}

void sup_clock_close(struct sup *s)
{
	host_clock_unwatch(s->clock_watch);
	vm_link_close(s->clock_link);
	s->clock_watch = NULL;
	s->clock_link = NULL;
}
