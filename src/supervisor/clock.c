/* SPDX-License-Identifier: MIT */
/*
 * clock: sets the guest's clock after it was paused, suspended or reverted, and after the host's own clock jumped
 * (the host was suspended); and asks a guest without a power button to power off. The line to the guest is the port
 * debwiz.host, on which a guest of this version listens once it is ready: "1 clock epoch=SECONDS.MILLISECONDS",
 * "1 poweroff". The guest sleeps otherwise; nothing polls. A guest that is resumed from a template waits there for
 * "1 begin epoch=SECONDS.MILLISECONDS random=HEX", with which it begins to be a machine of its own; no file ever holds
 * these random bytes.
 */
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/random.h"
#include "life.h"
#include "machine/link.h"
#include "qemu/argv_edit.h"
#include "sup.h"

#define RANDOM_SIZE 64

struct sup_clock {
	struct vm_link *link; /* the port debwiz.host; NULL: none */
	struct host_clock *jumps;
	bool due;   /* the time is to be sent once the port is connected */
	bool begin; /* so is the word to begin */
};

struct sup_clock *sup_clock_new(void)
{
	return xcalloc(1, sizeof(struct sup_clock));
}

void sup_clock_free(struct sup_clock *c)
{
	free(c);
}

/* Sends "1 WORD epoch=NOW" and what follows. */
static void clock_write(struct sup *s, const char *word, const char *more)
{
	struct timespec now;
	char *line;

	clock_gettime(CLOCK_REALTIME, &now);
	line = xasprintf("1 %s epoch=%lld.%03ld%s\n", word, (long long)now.tv_sec, now.tv_nsec / 1000000, more);
	(void)vm_link_write(s->clock->link, line, strlen(line));
	mem_wipe(line, strlen(line));
	free(line);
	log_msg("vm", "sent the time to the guest");
}

void sup_clock_begin(struct sup *s)
{
	struct sup_clock *c = s->clock;
	unsigned char random[RANDOM_SIZE];
	char more[sizeof(" random=") + 2 * RANDOM_SIZE];
	size_t n = (size_t)snprintf(more, sizeof(more), " random=");
	AUTO_ERR struct err e = ERR_INIT;

	c->begin = c->link && !vm_link_is_up(c->link);
	if (!c->link || c->begin)
		return;
	if (host_random(random, sizeof(random), &e) < 0) {
		sup_fail(s, VM_CAUSE_HOST_ERROR, e.text);
		return;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		n += (size_t)snprintf(more + n, sizeof(more) - n, "%02x", random[i]);
	clock_write(s, "begin", more);
	mem_wipe(random, sizeof(random));
	mem_wipe(more, sizeof(more));
}

void sup_clock_send(struct sup *s)
{
	struct sup_clock *c = s->clock;

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
	clock_write(s, "clock", "");
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

	if (s->clock->begin)
		sup_clock_begin(s);
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
	if (qemu_argv_has_host_line(&s->req.argv) && !s->req.configuring) {
		s->clock->link = vm_link_open_line(s->loop, s->req.runtime_dir, "host", SUP_CONNECT_MS, &clock_ops, s);
		s->clock->jumps = host_clock_watch(s->loop, clock_jumped, s);
	}
}

void sup_clock_close(struct sup *s)
{
	host_clock_unwatch(s->clock->jumps);
	vm_link_close(s->clock->link);
	*s->clock = (struct sup_clock){.link = NULL};
}
