/* SPDX-License-Identifier: MIT */
/* machine: see include/cli/machine.h. */
#include "cli/machine.h"

#include <stdlib.h>

#include "base/mem.h"
#include "host/paths.h"

int cli_machine_dir(struct cli *cli, char **dir, struct err *e)
{
	struct spec spec;

	if (cli_machine(cli, cli->args[0], &spec, e) < 0)
		return -1;
	*dir = store_machine_dir(&cli->store, spec.name);
	spec_fini(&spec);
	return 0;
}

static void on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct cli_running *m = arg;

	/* a request that waited was told before; this is for one that was never made */
	if (!m->err.kind && !m->answer)
		err_set(&m->err, ERR_FAILED, "ended", "%s is %s: %s", m->spec.name, vm_state_name(s), cause);
	m->over = true;
	loop_stop(m->cli->loop);
}

static const struct vm_client_ops answer_ops = {.ended = on_ended};

static int refuse(const struct cli_running *m, const struct vm_run *run, struct err *e)
{
	err_set(e, ERR_FAILED, "not-running", "%s is not running%s%s", m->spec.name,
		run->cause && *run->cause ? ": " : "", run->cause ? run->cause : "");
	return err_hint(e, "debwiz boot %s", m->spec.name);
}

int cli_running_open(struct cli_running *m, struct cli *cli, struct err *e)
{
	return cli_running_connect(m, cli, false, &answer_ops, m, e);
}

int cli_running_connect(struct cli_running *m, struct cli *cli, bool console,
			const struct vm_client_ops *ops, void *arg, struct err *e)
{
	struct vm_run run = {.name = NULL};
	char *runtime = NULL;
	int r;

	*m = (struct cli_running){.cli = cli};
	r = cli_machine(cli, cli->args[0], &m->spec, e);
	if (r < 0)
		return r;
	m->dir = store_machine_dir(&cli->store, m->spec.name);
	r = vm_run_read(m->dir, &run, e);
	if (!r && !run.alive)
		r = refuse(m, &run, e);
	if (!r)
		runtime = host_runtime_dir(m->spec.name, e);
	if (runtime)
		m->client = vm_connect(cli->loop, m->dir, runtime, console, ops, arg);
	free(runtime);
	vm_run_fini(&run);
	return m->client ? 0 : -1;
}

void cli_running_close(struct cli_running *m)
{
	vm_client_close(m->client);
	json_decref(m->answer);
	err_fini(&m->err);
	free(m->dir);
	spec_fini(&m->spec);
}

void cli_running_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct cli_running *m = arg;

	err_fini(&m->err);
	if (e)
		err_copy(&m->err, e);
	json_decref(m->answer);
	m->answer = json_deep_copy(answer);
	loop_stop(m->cli->loop);
}

void cli_running_wait_end(struct cli_running *m)
{
	while (!m->over)
		loop_run(m->cli->loop);
}

int cli_running_wait(struct cli_running *m, struct err *e)
{
	loop_run(m->cli->loop);
	return m->err.kind ? err_move(e, &m->err) : 0;
}
