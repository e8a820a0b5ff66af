/* SPDX-License-Identifier: MIT */
/* interrupt: notes the signals that ask the program to exit, for verbs that have several phases. */
#include "interrupt.h"

static void interrupt_on_signal(void *arg)
{
	struct cli_interrupt *i = arg;

	i->came = true;
	if (i->fn)
		i->fn(i->arg);
}

void cli_interrupt_begin(struct cli_interrupt *i, struct cli *cli, void (*fn)(void *arg), void *arg)
{
	*i = (struct cli_interrupt){.cli = cli, .fn = fn, .arg = arg};
	i->signals = loop_exit_start(cli->loop, interrupt_on_signal, i);
	cli->interrupt = i;
}

int cli_interrupt_check(const struct cli *cli, struct err *e)
{
	if (!cli->interrupt)
		return 0;
	loop_poll(cli->loop);
	if (!cli->interrupt->came)
		return 0;
	return err_set(e, ERR_INTERRUPTED, "interrupted", "%s was interrupted", cli->verb->name);
}

void cli_interrupt_end(struct cli_interrupt *i)
{
	loop_exit_stop(i->signals);
	i->cli->interrupt = NULL;
}

void cli_interrupt_part_begin(struct cli_interrupt_part *p, const struct cli *cli, void (*fn)(void *arg), void *arg)
{
	struct cli_interrupt *i = cli->interrupt;

	*p = (struct cli_interrupt_part){.whole = i};
	if (!i) {
		p->signals = loop_exit_start(cli->loop, fn, arg);
		return;
	}
	p->fn = i->fn;
	p->arg = i->arg;
	i->fn = fn;
	i->arg = arg;
	if (i->came)
		fn(arg);
}

void cli_interrupt_part_end(struct cli_interrupt_part *p)
{
	loop_exit_stop(p->signals);
	if (p->whole) {
		p->whole->fn = p->fn;
		p->whole->arg = p->arg;
	}
}
