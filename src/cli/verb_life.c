/* SPDX-License-Identifier: MIT */
/* verb_life: stop and kill, and the hidden verb that runs the supervisor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/lock.h"
#include "host/paths.h"
#include "interrupt.h"
#include "machine/suspended.h"
#include "running.h"
#include "supervisor/supervisor.h"
#include "verbs.h"

int verb_supervise(struct cli *cli)
{
	return vm_supervise(cli->args[0]);
}

struct ending {
	struct cli *cli;
	const char *name;
	enum vm_state state;
	char *cause;
	struct err lost; /* why its supervisor cannot be reached */
};

static void verb_life_on_progress(const char *state, const json_t *values, void *arg)
{
	struct ending *d = arg;
	uint64_t ms;
	const char *words = vm_stop_text(values, &ms);
	char left[SIZE_TEXT];

	if (d->cli->json || strcmp(state, "stopping") != 0 || !words)
		return;
	fprintf(stderr, "%s: %s", d->name, words);
	if (ms)
		fprintf(stderr, "; at most %s", duration_human(ms, left));
	fputc('\n', stderr);
}

static void verb_life_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct ending *d = arg;

	d->state = s;
	d->cause = xstrdup(cause);
	loop_stop(d->cli->loop);
}

static void verb_life_on_lost(const struct err *e, void *arg)
{
	struct ending *d = arg;

	err_copy(&d->lost, e);
	loop_stop(d->cli->loop);
}

static const struct vm_client_ops client_ops = {
	.progress = verb_life_on_progress,
	.ended = verb_life_on_ended,
	.lost = verb_life_on_lost,
};

/* The machine is stopped all the same. */
static void verb_life_on_signal(void *arg)
{
	struct ending *d = arg;

	err_set(&d->lost, ERR_INTERRUPTED, "interrupted", "the stop of %s was interrupted", d->name);
	loop_stop(d->cli->loop);
}

/* Asks the supervisor to stop or kill QEMU, and waits until QEMU has exited. */
static int verb_life_end_supervised(struct cli *cli, struct ending *d, const char *dir, bool at_once, struct err *e)
{
	AUTO_FREE char *runtime = host_runtime_dir(d->name, e);
	struct cli_interrupt_part signals;
	struct vm_client *client;

	if (!runtime)
		return -1;
	client = vm_connect(cli->loop, dir, runtime, false, &client_ops, d);
	if (at_once)
		vm_client_kill(client);
	else
		vm_client_stop(client, 0, 0);
	cli_interrupt_part_begin(&signals, cli, verb_life_on_signal, d);
	loop_run(cli->loop);
	cli_interrupt_part_end(&signals);
	vm_client_close(client);
	return 0;
}

/* Ends QEMU without its supervisor, which is gone or does not answer and could not be replaced: only kill can. */
static int verb_life_end_unreachable(struct ending *d, const char *dir, bool at_once, struct err *e)
{
	if (!at_once) {
		err_move(e, &d->lost);
		return err_hint(e, "power it off from inside (debwiz ssh), or debwiz kill %s", d->name);
	}
	if (vm_run_end(dir, e) < 0)
		return -1;
	d->state = VM_FAILED;
	d->cause = xasprintf("killed; its supervisor could not be reached: %s", d->lost.text);
	return 0;
}

static int verb_life_end_running(struct ending *d, const char *dir, bool at_once, struct err *e)
{
	int r = verb_life_end_supervised(d->cli, d, dir, at_once, e);

	if (!r && d->lost.kind == ERR_INTERRUPTED)
		return err_move(e, &d->lost);
	if (!r && d->lost.kind)
		r = verb_life_end_unreachable(d, dir, at_once, e);
	return r;
}

/* Discards the suspended state of a machine that does not run, for kill. */
static int verb_life_end_kept(struct ending *d, const char *dir, bool at_once, struct err *e)
{
	char *path = file_join(dir, "lock");
	struct lock *lock = lock_take(path, "dropping its suspended state", e);
	int r = lock ? 0 : -1;

	free(path);
	if (lock && at_once)
		r = suspended_discard(dir, e);
	d->state = at_once ? VM_OFF : VM_SUSPENDED;
	d->cause = at_once ? xstrdup("its suspended state was dropped")
			   : xasprintf("its next boot resumes it; `debwiz kill %s` discards the saved state", d->name);
	lock_release(lock);
	return r;
}

/* Ends the machine of that name; d receives how it ended. */
static int verb_life_end(struct ending *d, bool at_once, struct err *e)
{
	AUTO_FREE char *dir = store_machine_dir(&d->cli->store, d->name);
	struct vm_run run = {.name = NULL};
	int r = vm_run_read(dir, &run, e);

	if (!r && run.alive)
		r = verb_life_end_running(d, dir, at_once, e);
	else if (!r && suspended_exists(dir))
		r = verb_life_end_kept(d, dir, at_once, e);
	else if (!r)
		d->cause = xstrdup("it was not running");
	vm_run_fini(&run);
	err_fini(&d->lost);
	return r;
}

int cli_stop(struct cli *cli, const char *name, struct err *e)
{
	struct ending d = {.cli = cli, .name = name, .state = VM_OFF, .lost = ERR_INIT};
	int r = verb_life_end(&d, false, e);

	free(d.cause);
	return r;
}

static int verb_life_end_machine(struct cli *cli, bool at_once)
{
	struct ending d = {.cli = cli, .state = VM_OFF, .lost = ERR_INIT};
	struct err e = ERR_INIT;
	AUTO_FREE char *name = NULL;
	int r = cli_machine_name(cli, &name, &e);

	d.name = name;
	if (!r)
		r = verb_life_end(&d, at_once, &e);
	if (!r && cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s}", "event", "ended", "name", name, "state",
					 vm_state_name(d.state), "cause", d.cause ? d.cause : ""));
	else if (!r)
		printf("%s is %s%s%s\n", name, vm_state_name(d.state), d.cause && *d.cause ? ": " : "",
		       d.cause ? d.cause : "");
	free(d.cause);
	return r < 0 ? cli_error(cli, &e) : 0;
}

int verb_stop(struct cli *cli)
{
	return verb_life_end_machine(cli, false);
}

int verb_kill(struct cli *cli)
{
	return verb_life_end_machine(cli, true);
}
