/* SPDX-License-Identifier: MIT */
/* verb_life: stop and kill; and the hidden verb that is the supervisor itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/size.h"
#include "cli/verbs.h"
#include "host/lock.h"
#include "host/paths.h"
#include "host/proc.h"
#include "vm/client.h"
#include "vm/kept.h"

int verb_supervise(struct cli *cli)
{
	return vm_supervise(cli->args[0]);
}

struct ending {
	struct cli *cli;
	const char *name;
	enum vm_state state;
	char *cause;
};

/* What the stop ladder does on a rung; see vm/ladder.c. */
static const struct {
	const char *rung;
	const char *text;
} rungs[] = {
	{"powerdown", "the power button is pressed"},
	{"quit", "the guest does not power off: ending QEMU"},
	{"terminate", "QEMU does not answer: ending it by a signal"},
};

static void on_progress(const char *state, const json_t *values, void *arg)
{
	struct ending *d = arg;
	const char *rung = json_str(values, "rung", "");
	char left[SIZE_TEXT];

	if (d->cli->json || strcmp(state, "stopping") != 0)
		return;
	duration_human(strtoull(json_str(values, "deadline_ms", "0"), NULL, 10), left);
	for (size_t i = 0; i < sizeof(rungs) / sizeof(*rungs); i++)
		if (!strcmp(rung, rungs[i].rung))
			fprintf(stderr, "%s: %s; at most %s\n", d->name, rungs[i].text, left);
}

static void on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct ending *d = arg;

	d->state = s;
	d->cause = xstrdup(cause);
	loop_stop(d->cli->loop);
}

static const struct vm_client_ops client_ops = {.progress = on_progress, .ended = on_ended};

/* Through the supervisor, to the end. */
static int end_supervised(struct cli *cli, struct ending *d, const char *dir, bool at_once,
			  struct err *e)
{
	char *runtime = host_runtime_dir(d->name, e);
	struct vm_client *client;

	if (!runtime)
		return -1;
	client = vm_connect(cli->loop, dir, runtime, false, &client_ops, d);
	if (at_once)
		vm_client_kill(client);
	else
		vm_client_stop(client, 0, 0);
	loop_run(cli->loop);
	vm_client_close(client);
	free(runtime);
	return 0;
}

/* Its supervisor is gone and no other could take it over: only the plug is left. */
static int end_orphan(struct ending *d, const struct proc_id *qemu, bool at_once, struct err *e)
{
	if (!at_once) {
		err_set(e, ERR_FAILED, "orphan", "%s", d->cause);
		return err_hint(e, "power it off from inside (debwiz ssh), or debwiz kill %s", d->name);
	}
	proc_signal_kill(qemu);
	free(d->cause);
	d->state = VM_FAILED;
	d->cause = xstrdup("killed; its supervisor was gone");
	return 0;
}

static int end_running(struct ending *d, const struct vm_run *run, const char *dir, bool at_once,
		       struct err *e)
{
	struct proc_id qemu = {run->qemu_pid, run->qemu_start};
	int r = end_supervised(d->cli, d, dir, at_once, e);

	if (!r && run->orphan && proc_alive(&qemu))
		r = end_orphan(d, &qemu, at_once, e);
	return r;
}

/* Nothing runs. A suspended state is what there is left to pull the plug of. */
static int end_kept(struct ending *d, const char *dir, bool at_once, struct err *e)
{
	char *path = file_join(dir, "lock");
	struct lock *lock = lock_take(path, "dropping its suspended state", e);
	int r = lock ? 0 : -1;

	free(path);
	if (lock && at_once)
		r = vm_kept_drop(dir, e);
	d->state = at_once ? VM_OFF : VM_SUSPENDED;
	d->cause = at_once ? xstrdup("its suspended state was dropped")
			   : xasprintf("its next boot goes on where it was; debwiz kill %s drops that",
				       d->name);
	lock_release(lock);
	return r;
}

static int end_machine(struct cli *cli, bool at_once)
{
	struct ending d = {.cli = cli, .state = VM_OFF};
	struct err e = ERR_INIT;
	struct vm_run run = {.name = NULL};
	struct spec spec;
	char *dir;
	int r = cli_machine(cli, cli->args[0], &spec, &e);

	if (r < 0)
		return cli_error(cli, &e);
	d.name = spec.name;
	dir = store_machine_dir(&cli->store, spec.name);
	r = vm_run_read(dir, &run, &e);
	if (!r && run.alive)
		r = end_running(&d, &run, dir, at_once, &e);
	else if (!r && vm_kept_is(dir))
		r = end_kept(&d, dir, at_once, &e);
	else if (!r)
		d.cause = xstrdup("it was not running");
	if (!r && cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s}", "event", "ended", "name", spec.name,
					 "state", vm_state_name(d.state), "cause",
					 d.cause ? d.cause : ""));
	else if (!r)
		printf("%s is %s%s%s\n", spec.name, vm_state_name(d.state),
		       d.cause && *d.cause ? ": " : "", d.cause ? d.cause : "");
	vm_run_fini(&run);
	free(d.cause);
	free(dir);
	spec_fini(&spec);
	return r < 0 ? cli_error(cli, &e) : 0;
}

int verb_stop(struct cli *cli)
{
	return end_machine(cli, false);
}

int verb_kill(struct cli *cli)
{
	return end_machine(cli, true);
}
