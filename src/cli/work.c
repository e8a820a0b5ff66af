/* SPDX-License-Identifier: MIT */
/* work: see src/cli/work.h. */
#include "work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "prepare/pace.h"

#define PLAIN_EVERY_MS 10000
#define LOOK_MS 250
#define TOTAL 1000

void cli_line_begin(struct cli_line *l, struct cli *cli, const char *name)
{
	*l = (struct cli_line){.cli = cli, .name = name, .told = loop_now(cli->loop)};
	l->live = !cli->plain && !cli->json && isatty(STDERR_FILENO);
}

void cli_line_tell(struct cli_line *l, const char *text)
{
	uint64_t now = loop_now(l->cli->loop);

	if (!l->live && now - l->told < PLAIN_EVERY_MS)
		return;
	l->told = now;
	fprintf(stderr, "%s%s: %s%s", l->live ? "\r" : "", l->name, text, l->live ? "\033[K" : "\n");
	fflush(stderr);
	l->open = l->live;
}

void cli_line_end(struct cli_line *l)
{
	if (l->open)
		fputs("\r\033[K", stderr);
	l->open = false;
}

struct cli_progress {
	struct cli *cli;
	const char *name, *doing;
	cli_work_fn fn;
	void *arg;
	struct cli_line line;
	struct pace pace;
	atomic_bool cancel;
	atomic_uint done; /* of TOTAL */
	unsigned told;
	int result;
	struct err err;
};

void cli_progress_tell(double percent, void *progress)
{
	struct cli_progress *p = progress;

	atomic_store(&p->done, (unsigned)(percent * TOTAL / 100));
}

static void work_on_look(void *arg)
{
	struct cli_progress *p = arg;
	uint64_t now = loop_now(p->cli->loop);
	unsigned done = atomic_load(&p->done);
	char left[SIZE_TEXT];
	int64_t ms;
	char *text;

	pace_add(&p->pace, now, done);
	ms = pace_left(&p->pace, now, done, TOTAL);
	if (p->cli->json && done != p->told)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:i, s:i}", "event", "progress", "name", p->name, "state",
					 p->doing, "done", (int)done, "total", TOTAL));
	p->told = done;
	if (p->cli->json)
		return;
	if (ms < 0)
		text = xasprintf("%s, %u %%", p->doing, done * 100 / TOTAL);
	else
		text = xasprintf("%s, %u %%, %s left", p->doing, done * 100 / TOTAL,
				 duration_human((uint64_t)ms, left));
	cli_line_tell(&p->line, text);
	free(text);
}

static void work_body(void *arg)
{
	struct cli_progress *p = arg;

	p->result = p->fn(&p->cancel, p, p->arg, &p->err);
}

static void work_on_done(void *arg)
{
	loop_stop(((struct cli_progress *)arg)->cli->loop);
}

static void work_on_interrupt(void *arg)
{
	atomic_store(&((struct cli_progress *)arg)->cancel, true);
}

int cli_work(struct cli *cli, const char *name, const char *doing, cli_work_fn fn, void *arg, struct err *e)
{
	struct cli_progress p = {.cli = cli, .name = name, .doing = doing, .fn = fn, .arg = arg};
	struct loop_signal *interrupt = loop_signal_start(cli->loop, SIGINT, work_on_interrupt, &p);
	struct loop_timer *timer = loop_timer_start(cli->loop, LOOK_MS, LOOK_MS, work_on_look, &p);

	cli_line_begin(&p.line, cli, name);
	pace_start(&p.pace, loop_now(cli->loop), 0);
	loop_work(cli->loop, work_body, work_on_done, &p);
	loop_run(cli->loop);
	loop_timer_stop(timer);
	loop_signal_stop(interrupt);
	cli_line_end(&p.line);
	return p.result < 0 ? err_move(e, &p.err) : p.result;
}
