/* SPDX-License-Identifier: MIT */
/*
 * clock: sets the guest's clock after it was paused, suspended or reverted, and after the host's own clock jumped
 * (the host was suspended); and asks a guest without a power button to power off. The line to the guest is the port
 * debwiz.host, on which a guest of this version listens once it is ready: "1 clock epoch=SECONDS.MILLISECONDS",
 * "1 poweroff". The guest sleeps otherwise; nothing polls.
 */
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/clock.h"
#include "life.h"
#include "machine/link.h"
#include "sup.h"

#define CONNECT_MS 20000

struct sup_clock {
	struct vm_link *link; /* the port debwiz.host; NULL: none */
	struct host_clock *jumps;
	bool due; /* the time is to be sent once the port is connected */
};

struct sup_clock *sup_clock_new(void)
{
	return xcalloc(1, sizeof(struct sup_clock));
}

void sup_clock_free(struct sup_clock *c)
{
	free(c);
}

/* A QEMU that an earlier version started lacks this port. */
static bool clock_has_port(const struct sup *s)
{
	for (size_t i = 0; i < s->req.argv.len; i++)
		if (!strncmp(s->req.argv.items[i], "socket,id=host,", 15))
			return true;
	return false;
}

void sup_clock_send(struct sup *s)
{
	struct sup_clock *c = s->clock;
	struct timespec now;
	AUTO_FREE char *line = NULL;

	/* a guest that is not ready does not listen, and would read the line when it is old */
	if (!c->link || !s->run.ready || sup_is_paused(s))
		return;
	if (!vm_link_is_up(c->link)) {
		c->due = true;
		return;
	}
	c->due = false;
	if (vm_link_queued(c->link)) /* the guest does not read */
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	line = xasprintf("1 clock epoch=%lld.%03ld\n", (long long)now.tv_sec, now.tv_nsec / 1000000);
	(void)vm_link_write(c->link, line, strlen(line));
	log_msg("vm", "sent the time to the guest");
}

void sup_clock_power_off(struct sup *s)
{
	static const char line[] = "1 poweroff\n";
	struct sup_clock *c = s->clock;

	/* as in sup_clock_send; it is asked again as long as the button would be pressed again */
	if (!s->req.power_line || !c->link || !s->run.ready || !vm_link_is_up(c->link) || vm_link_queued(c->link))
		return;
	(void)vm_link_write(c->link, line, sizeof(line) - 1);
	log_msg("vm", "asked the guest to power off");
}

static void clock_up(void *arg)
{
	struct sup *s = arg;

	if (s->clock->due)
		sup_clock_send(s);
}

static void clock_data(const char *p, size_t n, void *arg)
{
	(void)p; /* the guest writes nothing there */
	(void)n;
	(void)arg;
}

static void clock_down(const char *error, void *arg)
{
	struct sup *s = arg;

	(void)error; /* the machine runs without the port */
	vm_link_close(s->clock->link);
	s->clock->link = NULL;
}

static const struct vm_link_ops clock_ops = {.up = clock_up, .data = clock_data, .down = clock_down};

static void clock_jumped(void *arg)
{
	sup_clock_send(arg);
}

void sup_clock_open(struct sup *s)
{
	if (clock_has_port(s) && !s->req.configuring) {
		s->clock->link = vm_link_open_line(s->loop, s->req.runtime_dir, "host", CONNECT_MS, &clock_ops, s);
		s->clock->jumps = host_clock_watch(s->loop, clock_jumped, s);
	}
}

void sup_clock_close(struct sup *s)
{
	host_clock_unwatch(s->clock->jumps);
	vm_link_close(s->clock->link);
	*s->clock = (struct sup_clock){.link = NULL};
}
