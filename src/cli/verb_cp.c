/* SPDX-License-Identifier: MIT */
/* verb_cp: files and folders to a machine or from one, through one ssh; 125 where that did not work. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "image/copy.h"
#include "prepare/pace.h"
#include "reach.h"
#include "verbs.h"
#include "work.h"

#define CP_FAILED 125
#define LOOK_MS 250

struct cp {
	struct cli *cli;
	struct copy copy;
	struct strv paths;
	const char *target;
	bool to; /* the machine */
	struct cli_line line;
	struct pace pace;
	uint64_t told;
	atomic_bool cancel;
	int result;
	struct err err;
};

/* Length of M in M:PATH; 0 for a path of this host, also where it holds a colon behind a slash. */
static size_t verb_cp_machine_part(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? n : 0;
}

/* The one machine that is named, owned. Both ways at once, or none, is refused. */
static char *verb_cp_machine_named(const struct cli *cli, struct err *e)
{
	const char *to = cli->args[cli->nargs - 1];
	const char *first = verb_cp_machine_part(to) ? to : cli->args[0];
	size_t n = verb_cp_machine_part(first);

	for (size_t i = 0; i < cli->nargs; i++) {
		size_t part = verb_cp_machine_part(cli->args[i]);
		bool there = first == to ? i == cli->nargs - 1 : i < cli->nargs - 1;

		if (n && there == (part > 0) && (!part || (part == n && !strncmp(cli->args[i], first, n))))
			continue;
		err_set(e, ERR_USAGE, "usage",
			"cp copies to one machine or from one: cp FILE... M:PATH, or cp M:PATH... FILE");
		err_hint(e, "a file of this host with a colon in its name is ./NAME");
		return NULL;
	}
	return xstrndup(first, n);
}

static void verb_cp_on_look(void *arg)
{
	struct cp *p = arg;
	uint64_t done = atomic_load(&p->copy.done), total = atomic_load(&p->copy.total);
	uint64_t now = loop_now(p->cli->loop);
	char a[SIZE_TEXT], b[SIZE_TEXT], left[SIZE_TEXT];
	int64_t ms = -1;
	char *text;

	pace_add(&p->pace, now, done);
	if (p->cli->json) {
		if (done != p->told)
			cli_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I}", "event", "progress", "name",
						 p->copy.machine, "state", "copying", "done", (json_int_t)done, "total",
						 (json_int_t)total));
		p->told = done;
		return;
	}
	if (total)
		ms = pace_left(&p->pace, now, done, total);
	if (total)
		size_human(total, b);
	if (ms >= 0)
		duration_human((uint64_t)ms, left);
	text = xasprintf("copying, %s%s%s%s%s%s", size_human(done, a), total ? " of " : "", total ? b : "",
			 ms < 0 ? "" : ", ", ms < 0 ? "" : left, ms < 0 ? "" : " left");
	cli_line_tell(&p->line, text);
	free(text);
}

static void verb_cp_work(void *arg)
{
	struct cp *p = arg;

	p->result = p->to ? copy_to(&p->copy, &p->paths, p->target, &p->err)
			  : copy_from(&p->copy, &p->paths, p->target, &p->err);
}

static void verb_cp_on_done(void *arg)
{
	loop_stop(((struct cp *)arg)->cli->loop);
}

static void verb_cp_on_signal(void *arg)
{
	atomic_store(&((struct cp *)arg)->cancel, true);
}

static int verb_cp_run(struct cp *p, struct err *e)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct loop_signal *signals[sizeof(numbers) / sizeof(*numbers)];
	struct loop *l = p->cli->loop;
	struct loop_timer *timer = loop_timer_start(l, LOOK_MS, LOOK_MS, verb_cp_on_look, p);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signals[i] = loop_signal_start(l, numbers[i], verb_cp_on_signal, p);
	cli_line_begin(&p->line, p->cli, p->copy.machine);
	pace_start(&p->pace, loop_now(l), 0);
	loop_work(l, verb_cp_work, verb_cp_on_done, p);
	loop_run(l);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		loop_signal_stop(signals[i]);
	loop_timer_stop(timer);
	cli_line_end(&p->line);
	return p->result < 0 ? err_move(e, &p->err) : 0;
}

static void verb_cp_take_arguments(struct cp *p)
{
	struct cli *cli = p->cli;
	const char *last = cli->args[cli->nargs - 1];

	p->to = verb_cp_machine_part(last) > 0;
	p->target = p->to ? last + verb_cp_machine_part(last) + 1 : last;
	for (size_t i = 0; i + 1 < cli->nargs; i++)
		strv_add(&p->paths, cli->args[i] + (p->to ? 0 : verb_cp_machine_part(cli->args[i]) + 1));
}

int verb_cp(struct cli *cli)
{
	struct cp p = {.cli = cli};
	struct strv ssh = STRV_INIT;
	struct err e = ERR_INIT;
	char *name = verb_cp_machine_named(cli, &e);
	struct cli_reach r;
	int failed;

	if (!name) {
		cli_error(cli, &e);
		return CP_FAILED;
	}
	verb_cp_take_arguments(&p);
	failed = cli_reach_open(&r, cli, name, &e);
	if (!failed)
		failed = cli_reach_program(&r, cli, "ssh", &ssh, &e);
	if (!failed) {
		strv_add(&ssh, "-oBatchMode=yes"); /* no terminal is left to ask at */
		strv_add(&ssh, r.address);
		p.copy.machine = r.spec.name;
		p.copy.ssh = &ssh;
		p.copy.cancel = &p.cancel;
		failed = verb_cp_run(&p, &e);
	}
	cli_reach_close(&r);
	strv_fini(&p.paths);
	strv_fini(&ssh);
	free(name);
	if (!failed)
		return 0;
	failed = e.kind == ERR_INTERRUPTED ? (int)ERR_INTERRUPTED : CP_FAILED;
	cli_error(cli, &e);
	return failed;
}
