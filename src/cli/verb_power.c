/* SPDX-License-Identifier: MIT */
/* verb_power: pause, resume, reset, suspend: send one request to the supervisor and print its outcome. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "machine/suspended.h"
#include "running.h"
#include "verbs.h"

static void verb_power_print(const struct cli *cli, const char *name, const char *event, const char *done)
{
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s}", "event", event, "name", name));
	else
		printf("%s %s\n", name, done);
}

static int verb_power_request(struct cli *cli, const char *event, const char *done, bool ends,
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
	if (!r)
		verb_power_print(cli, m.name, event, done);
	cli_running_close(&m);
	return r < 0 ? cli_error(cli, &e) : 0;
}

int verb_pause(struct cli *cli)
{
	return verb_power_request(cli, "paused", "is paused", false, vm_client_pause);
}

int verb_reset(struct cli *cli)
{
	return verb_power_request(cli, "reset", "was reset", false, vm_client_reset);
}

static void verb_power_on_interrupt(void *arg)
{
	vm_client_suspend_cancel(((struct cli_running *)arg)->client);
}

/* Requests a suspend; Ctrl-C cancels it, and the guest resumes. */
static void verb_power_suspend(struct vm_client *c, vm_answer_fn fn, void *arg)
{
	struct cli_running *m = arg;

	m->interrupt = loop_signal_start(m->cli->loop, SIGINT, verb_power_on_interrupt, m);
	vm_client_suspend(c, fn, arg);
}

#define SUSPENDED "is suspended; its next boot resumes it"

/* Returns whether the machine is suspended. */
static bool verb_power_is_kept(const struct cli *cli, const char *name)
{
	AUTO_FREE char *dir = store_machine_dir(&cli->store, name);
	struct vm_run run;
	bool kept = false;

	if (vm_run_read(dir, &run, NULL) == 0) {
		kept = !run.alive && suspended_exists(dir);
		vm_run_fini(&run);
	}
	return kept;
}

int verb_suspend(struct cli *cli)
{
	struct err e = ERR_INIT;
	int status = 0;
	AUTO_FREE char *name = NULL;

	if (cli_machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	if (verb_power_is_kept(cli, name))
		verb_power_print(cli, name, "suspended", SUSPENDED);
	else
		status = verb_power_request(cli, "suspended", SUSPENDED, true, verb_power_suspend);
	return status;
}

/* Resumes a paused machine; boots a suspended one. */
int verb_resume(struct cli *cli)
{
	struct err e = ERR_INIT;
	bool kept;
	AUTO_FREE char *name = NULL;

	if (cli_machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	kept = verb_power_is_kept(cli, name);
	return kept ? verb_boot(cli) : verb_power_request(cli, "resumed", "runs", false, vm_client_resume);
}
