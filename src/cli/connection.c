/* SPDX-License-Identifier: MIT */
/* connection: finds, starts and waits for machines that OpenSSH's programs connect to. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "host/facts.h"
#include "host/paths.h"
#include "interrupt.h"
#include "machine/forward.h"
#include "machine/run.h"
#include "machine/ssh.h"
#include "machine/suspended.h"
#include "prepare/runner.h"
#include "prepare/steps.h"
#include "running.h"
#include "verbs.h"

/* ---- whether it runs ---------------------------------------------------------------------- */

enum connection_state { CONNECTION_RUNNING, CONNECTION_OFF, CONNECTION_SUSPENDED, CONNECTION_PAUSED };

/* Gets the machine's state, and when QEMU was started, 0 if it does not run. -1 with e if the record cannot be read. */
static int connection_look(const char *dir, enum connection_state *state, time_t *started, struct err *e)
{
	struct vm_run run;

	if (vm_run_read(dir, &run, e) < 0)
		return -1;
	*state = run.alive		 ? run.state == VM_PAUSED ? CONNECTION_PAUSED : CONNECTION_RUNNING
		 : suspended_exists(dir) ? CONNECTION_SUSPENDED
					 : CONNECTION_OFF;
	*started = run.alive ? (time_t)run.started : 0;
	vm_run_fini(&run);
	return 0;
}

static int connection_refuse(const char *name, enum connection_state state, const char *verb, struct err *e)
{
	if (state == CONNECTION_PAUSED)
		err_set(e, ERR_FAILED, "paused", "%s is paused", name);
	else
		err_set(e, ERR_FAILED, "not-running", "%s is not running%s", name,
			state == CONNECTION_SUSPENDED ? ": it is suspended" : "");
	return err_hint(e, "`debwiz %s --start ...` %s it first", verb, state == CONNECTION_OFF ? "starts" : "resumes");
}

static int connection_resume(struct cli *cli, struct err *e)
{
	struct cli_running m;
	int r = cli_running_open(&m, cli, e);

	if (!r) {
		vm_client_resume(m.client, cli_running_answer, &m);
		r = cli_running_wait(&m, e);
	}
	cli_running_close(&m);
	return r;
}

int cli_need_running(struct cli *cli, const char *ref, const char *name, enum job_goal goal, struct err *e)
{
	char *dir = store_machine_dir(&cli->store, name);
	char *args[] = {(char *)ref, NULL};
	struct cli own = *cli;
	enum connection_state state;
	time_t started;
	int r = connection_look(dir, &state, &started, e);

	free(dir);
	if (r < 0 || state == CONNECTION_RUNNING)
		return r;
	if (!cli->start && !cli->yes) {
		char *prompt = xasprintf("%s is %s. %s it? [yes] ", name,
					 state == CONNECTION_OFF	 ? "not running"
					 : state == CONNECTION_SUSPENDED ? "suspended"
									 : "paused",
					 state == CONNECTION_OFF ? "Start" : "Resume");
		bool yes = cli_can_ask(cli) && cli_ask_yes(prompt, true);

		free(prompt);
		if (!yes)
			return connection_refuse(name, state, cli->verb->name, e);
	}
	/* standard output belongs to the command in the guest */
	own.json = false;
	own.args = args;
	own.nargs = 1;
	return state == CONNECTION_PAUSED ? connection_resume(&own, e) : cli_boot(&own, goal, e);
}

/* ---- until ssh answers -------------------------------------------------------------------- */

struct connection_wait {
	struct cli_connection *reach;
	struct runner *runner;
	struct err err, end; /* of the step; of the machine that stopped */
	bool told;
};

static int connection_still_runs(struct cli_connection *r, struct err *e)
{
	enum connection_state state;
	time_t started;

	if (connection_look(r->job.machine_dir, &state, &started, e) < 0)
		return -1;
	return state == CONNECTION_RUNNING ? 0 : connection_refuse(r->spec.name, state, "ssh", e);
}

static void connection_on_event(const struct runner_event *ev, void *arg)
{
	struct connection_wait *w = arg;

	if (ev->type == RUNNER_FINISHED) {
		if (ev->error)
			err_copy(&w->err, ev->error);
		loop_stop(w->reach->job.loop);
	} else if (ev->type == RUNNER_PROGRESS) { /* once a second */
		if (!w->told)
			fprintf(stderr, "debwiz: waiting until ssh of %s answers\n", w->reach->spec.name);
		w->told = true;
		if (!w->end.kind && connection_still_runs(w->reach, &w->end) < 0)
			runner_cancel(w->runner);
	}
}

static void connection_on_signal(void *arg)
{
	struct connection_wait *w = arg;

	runner_cancel(w->runner);
}

/* Waits for ssh: a guest shows its login prompt before ssh answers, and an earlier connection would be closed. */
static int connection_await(struct cli_connection *r, const struct cli *cli, struct err *e)
{
	const struct step_ops *const steps[] = {&step_ssh};
	struct connection_wait w = {.reach = r};

	struct cli_interrupt_part signals;

	w.runner = runner_new(r->job.loop, steps, 1, &r->job, connection_on_event, &w);
	runner_start(w.runner);
	cli_interrupt_part_begin(&signals, cli, connection_on_signal, &w);
	loop_run(r->job.loop);
	cli_interrupt_part_end(&signals);
	runner_free(w.runner);
	if (w.end.kind) {
		err_fini(&w.err);
		return err_move(e, &w.end);
	}
	return w.err.kind ? err_move(e, &w.err) : 0;
}

/* ---- where and how ------------------------------------------------------------------------ */

int cli_connection_find(struct cli_connection *r, struct cli *cli, const char *ref, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH};

	memset(r, 0, sizeof(*r));
	if (cli_machine(cli, ref, &r->spec, e) < 0)
		return -1;
	return job_init(&r->job, cli->loop, cli->catalog, &cli->store, &r->spec, &o, e);
}

int cli_connection_open(struct cli_connection *r, struct cli *cli, const char *ref, struct err *e)
{
	enum connection_state state;
	time_t started;

	if (cli_connection_find(r, cli, ref, e) < 0 || cli_need_running(cli, ref, r->spec.name, JOB_SSH, e) < 0 ||
	    connection_look(r->job.machine_dir, &state, &started, e) < 0)
		return -1;
	/* after the start, which may choose another port */
	r->port = forwards_ssh_port(r->job.spec, r->job.machine_dir, r->address, e);
	if (!r->port)
		return -1;
	return (uint64_t)(time(NULL) - started) * 1000 < r->spec.timeout ? connection_await(r, cli, e) : 0;
}

void cli_connection_close(struct cli_connection *r)
{
	job_fini(&r->job);
	spec_fini(&r->spec);
}

int cli_connection_program(const struct cli_connection *r, const struct cli *cli, const char *name, struct strv *argv,
			   struct err *e)
{
	struct strv settings = STRV_INIT;
	char *path;

	if (ssh_settings(r->job.spec, r->job.machine_dir, &settings, e) < 0)
		return -1;
	path = host_which(name);
	if (!path) {
		AUTO_FREE char *hint = host_install_hint("ssh");

		err_set(e, ERR_MISSING, "ssh-missing", "there is no %s on this host", name);
		err_hint(e, "%s", hint ? hint : "install OpenSSH's client");
		strv_fini(&settings);
		return -1;
	}
	strv_take(argv, path);
	strv_add(argv, "-F/dev/null");
	for (size_t i = 0; i < cli->ssh_options.len; i++) /* ssh uses the first of two values */
		strv_add(argv, cli->ssh_options.items[i]);
	for (size_t i = 0; i < settings.len; i += 2)
		strv_addf(argv, "-o%s=%s", settings.items[i], settings.items[i + 1]);
	strv_fini(&settings);
	return 0;
}
