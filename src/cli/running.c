/* SPDX-License-Identifier: MIT */
/* running: connects a verb to the supervisor of a running machine. */
#include "running.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"

int cli_machine_name(struct cli *cli, char **name, struct err *e)
{
	const char *ref = cli->args[0];
	struct spec spec;
	char *dir, *ini = NULL;
	bool made;

	if (!spec_name_ok(ref)) {
		if (cli_machine(cli, ref, &spec, e) < 0)
			return -1;
		*name = xstrdup(spec.name);
		spec_fini(&spec);
		return 0;
	}
	dir = store_machine_dir(&cli->store, ref);
	made = file_exists(dir);
	free(dir);
	if (!made && store_find_ini(&cli->store, ref, &ini, e) < 0)
		return -1;
	free(ini);
	*name = xstrdup(ref);
	return 0;
}

static void running_on_progress(const char *state, const json_t *values, void *arg)
{
	struct cli_running *m = arg;
	uint64_t done, total;
	AUTO_FREE char *text = vm_progress_text(state, values, &done, &total);

	if (text && m->cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I}", "event", "progress", "name", m->name, "state",
					 state, "done", (json_int_t)done, "total", (json_int_t)total));
	else if (text)
		cli_line_show(&m->line, text);
}

static void running_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct cli_running *m = arg;

	/* an open request got its error before; this is for a verb that made none */
	if (!m->err.kind && !m->answer)
		err_set(&m->err, ERR_FAILED, "ended", "%s is %s: %s", m->name, vm_state_name(s), cause);
	m->over = true;
	loop_stop(m->cli->loop);
}

static void running_on_lost(const struct err *e, void *arg)
{
	struct cli_running *m = arg;

	err_fini(&m->err);
	err_copy(&m->err, e);
	if (!m->err.hint)
		err_hint(&m->err, "debwiz status %s", m->name);
	m->over = true;
	loop_stop(m->cli->loop);
}

static const struct vm_client_ops answer_ops = {
	.progress = running_on_progress,
	.ended = running_on_ended,
	.lost = running_on_lost,
};

static int running_refuse(const struct cli_running *m, const struct vm_run *run, struct err *e)
{
	err_set(e, ERR_FAILED, "not-running", "%s is not running%s%s", m->name, run->cause && *run->cause ? ": " : "",
		run->cause ? run->cause : "");
	return err_hint(e, "debwiz boot %s", m->name);
}

int cli_running_open(struct cli_running *m, struct cli *cli, struct err *e)
{
	return cli_running_connect(m, cli, false, &answer_ops, m, e);
}

int cli_running_connect(struct cli_running *m, struct cli *cli, bool console, const struct vm_client_ops *ops,
			void *arg, struct err *e)
{
	struct vm_run run = {.name = NULL};
	AUTO_FREE char *runtime = NULL;
	int r;

	*m = (struct cli_running){.cli = cli};
	r = cli_machine_name(cli, &m->name, e);
	if (r < 0)
		return r;
	cli_line_begin(&m->line, cli, m->name);
	m->dir = store_machine_dir(&cli->store, m->name);
	r = vm_run_read(m->dir, &run, e);
	if (!r && !run.alive)
		r = running_refuse(m, &run, e);
	if (!r)
		runtime = host_runtime_dir(m->name, e);
	if (runtime)
		m->client = vm_connect(cli->loop, m->dir, runtime, console, ops, arg);
	vm_run_fini(&run);
	return m->client ? 0 : -1;
}

void cli_running_close(struct cli_running *m)
{
	loop_signal_stop(m->interrupt);
	vm_client_close(m->client);
	json_decref(m->answer);
	err_fini(&m->err);
	free(m->dir);
	free(m->name);
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
	cli_line_end(&m->line);
	return m->err.kind ? err_move(e, &m->err) : 0;
}
