/* SPDX-License-Identifier: MIT */
/* verb_power: pause, resume, reset, suspend: one request to the supervisor, and its outcome. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/machine.h"
#include "cli/verbs.h"
#include "vm/kept.h"

static int power(struct cli *cli, const char *event, const char *done, bool ends,
		 void (*ask)(struct vm_client *c, vm_answer_fn fn, void *arg))
{
	struct cli_running m;
	struct err e = ERR_INIT;
	int r = cli_running_open(&m, cli, &e);

	if (!r) {
		ask(m.client, cli_running_answer, &m);
		r = cli_running_wait(&m, &e);
		if (!r && ends)
			cli_running_wait_end(&m);
	}
	if (!r && cli->json)
		cli_print_json(json_pack("{s:s, s:s}", "event", event, "name", m.spec.name));
	else if (!r)
		printf("%s %s\n", m.spec.name, done);
	cli_running_close(&m);
	return r < 0 ? cli_error(cli, &e) : 0;
}

int verb_pause(struct cli *cli)
{
	return power(cli, "paused", "is paused", false, vm_client_pause);
}

int verb_reset(struct cli *cli)
{
	return power(cli, "reset", "was reset", false, vm_client_reset);
}

static void on_interrupt(void *arg)
{
	vm_client_suspend_cancel(((struct cli_running *)arg)->client);
}

/* Ctrl-C takes it back: the guest goes on. */
static void suspend(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	struct cli_running *m = arg;

	m->interrupt = loop_signal_start(m->cli->loop, SIGINT, on_interrupt, m);
	vm_client_suspend(c, fn, arg);
}

int verb_suspend(struct cli *cli)
{
	return power(cli, "suspended", "is suspended; its next boot goes on from here", true, suspend);
}

/* What is suspended goes on by being booted. */
int verb_resume(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct vm_run run;
	bool kept = false;
	char *dir;

	if (cli_machine_dir(cli, &dir, &e) < 0)
		return cli_error(cli, &e);
	if (vm_run_read(dir, &run, NULL) == 0) {
		kept = !run.alive && vm_kept_is(dir);
		vm_run_fini(&run);
	}
	free(dir);
	return kept ? verb_boot(cli) : power(cli, "resumed", "runs", false, vm_client_resume);
}
