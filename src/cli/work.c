/* SPDX-License-Identifier: MIT */
/* work: runs a verb's long work on another thread and shows its progress. */
#include "work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "interrupt.h"
#include "prepare/estimate.h"
#include "session/words.h"

#define PLAIN_EVERY_MS 10000
#define PROGRESS_MS 250
#define TOTAL 1000 /* of the work that reports a percentage */

void cli_line_begin(struct cli_line *l, struct cli *cli, const char *name)
{
	*l = (struct cli_line){.cli = cli, .name = name, .printed = loop_now(cli->loop)};
	l->live = !cli->plain && !cli->json && isatty(STDERR_FILENO);
}

void cli_line_show(struct cli_line *l, const char *text)
{
	uint64_t now = loop_now(l->cli->loop);

	if (!l->live && now - l->printed < PLAIN_EVERY_MS)
		return;
	l->printed = now;
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
	const struct cli_work *work;
	struct cli_line line;
	struct pace pace;
	atomic_bool cancel;
	atomic_uint permille;
	uint64_t shown; /* what the last event reported */
	int result;
	struct err err;
};

void cli_progress_percent(double percent, void *progress)
{
	struct cli_progress *p = progress;

	atomic_store(&p->permille, (unsigned)(percent * TOTAL / 100));
}

static void work_print_event(struct cli_progress *p, uint64_t done, uint64_t total)
{
	if (done != p->shown)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I}", "event", "progress", "name", p->work->name,
					 "state", p->work->doing, "done", (json_int_t)done, "total",
					 (json_int_t)total));
	p->shown = done;
}

static void work_show_line(struct cli_progress *p, uint64_t done, uint64_t total, int64_t left_ms)
{
	char a[SIZE_TEXT], b[SIZE_TEXT], left[WORDS_TEXT];
	AUTO_FREE char *amount = NULL, *text = NULL;

	if (!p->work->bytes)
		amount = xasprintf("%u %%", (unsigned)(done * 100 / total));
	else
		amount = xasprintf("%s%s%s", size_human(done, a), total ? " of " : "",
				   total ? size_human(total, b) : "");
	text = xasprintf("%s, %s%s%s", p->work->doing, amount, left_ms < 0 ? "" : ", ", words_left(left_ms, 0, left));
	cli_line_show(&p->line, text);
}

static void work_on_timer(void *arg)
{
	struct cli_progress *p = arg;
	uint64_t now = loop_now(p->cli->loop), done = atomic_load(&p->permille), total = TOTAL;

	if (p->work->bytes)
		p->work->bytes(p->work->arg, &done, &total);
	pace_add(&p->pace, now, done);
	if (p->cli->json)
		work_print_event(p, done, total);
	else
		work_show_line(p, done, total, pace_left(&p->pace, now, done, total));
}

static void work_body(void *arg)
{
	struct cli_progress *p = arg;

	p->result = p->work->fn(&p->cancel, p, p->work->arg, &p->err);
}

static void work_on_done(void *arg)
{
	loop_stop(((struct cli_progress *)arg)->cli->loop);
}

static void work_on_signal(void *arg)
{
	atomic_store(&((struct cli_progress *)arg)->cancel, true);
}

int cli_work(struct cli *cli, const struct cli_work *work, struct err *e)
{
	struct cli_progress p = {.cli = cli, .work = work};
	struct loop_timer *timer = loop_timer_start(cli->loop, PROGRESS_MS, PROGRESS_MS, work_on_timer, &p);
	struct cli_interrupt_part signals;

	cli_interrupt_part_begin(&signals, cli, work_on_signal, &p);
	cli_line_begin(&p.line, cli, work->name);
	pace_start(&p.pace, loop_now(cli->loop), 0);
	loop_work(cli->loop, work_body, work_on_done, &p);
	loop_run(cli->loop);
	cli_interrupt_part_end(&signals);
	loop_timer_stop(timer);
	cli_line_end(&p.line);
	return p.result < 0 ? err_move(e, &p.err) : p.result;
}
