/* SPDX-License-Identifier: MIT */
/* verb_prepare: plan, prepare, boot and up: run the recipe to the verb's goal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "connection.h"
#include "machine/client.h"
#include "machine/forward.h"
#include "machine/pending.h"
#include "prepare/job.h"
#include "prepare/steps.h"
#include "verbs.h"
#include "view.h"

static struct job_options verb_prepare_options(const struct cli *cli, enum job_goal goal)
{
	return (struct job_options){
		.goal = goal,
		.offline = cli->offline,
		.strict = cli->strict,
		.fresh = cli->fresh,
		.layer = cli->layer,
		.volume = cli->volume,
		.ask = !cli->yes && !cli->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO),
	};
}

struct adoption {
	struct loop *loop;
	struct err e;
};

static void verb_prepare_on_adopted(const struct err *e, void *arg)
{
	struct adoption *a = arg;

	if (e && e->kind != ERR_BUSY) /* busy: another command does it */
		err_copy(&a->e, e);
	loop_stop(a->loop);
}

/* Starts a new supervisor for a machine whose supervisor was killed. */
static int verb_prepare_adopt(const struct job *j, struct err *e)
{
	struct adoption a = {.loop = j->loop};
	struct vm_run run;
	bool orphan;

	if (vm_run_read(j->machine_dir, &run, NULL) < 0)
		return 0;
	orphan = run.orphan && strcmp(run.what, "configuring") != 0;
	vm_run_fini(&run);
	if (!orphan)
		return 0;
	vm_adopt(j->loop, j->machine_dir, verb_prepare_on_adopted, &a);
	loop_run(j->loop);
	return a.e.kind ? err_move(e, &a.e) : 0;
}

/* Prints how to connect to a machine that is up. */
static void verb_prepare_print_connection(struct cli *cli, const struct job *j)
{
	char address[64];
	uint16_t port = job_has_ssh_server(j) ? forwards_ssh_port(j->spec, j->machine_dir, address, NULL) : 0;

	if (cli->json) {
		cli_print_json(
			json_pack("{s:s, s:s, s:i}", "event", "up", "name", j->spec->name, "ssh_port", (int)port));
		return;
	}
	if (port)
		printf("%s is up; `debwiz ssh %s` logs in (%s port %u)\n", j->spec->name, j->spec->name, address, port);
	else
		printf("%s is up; `debwiz console %s` shows its console\n", j->spec->name, j->spec->name);
}

/* Warns of updates that the mirror did not have completely when the base image was made. */
static void verb_prepare_warn_pending(struct cli *cli, const struct job *j)
{
	AUTO_FREE char *suites = vm_pending_read(j->machine_dir);
	AUTO_FREE char *lacks = suites ? vm_pending_text(suites) : NULL;
	AUTO_FREE char *text = NULL;

	if (!lacks)
		return;
	text = xasprintf("%s is %s: the mirror was out of step; the machine installs them by itself, as soon "
			 "as the mirror has them whole",
			 j->spec->name, lacks);
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s}", "event", "updates-pending", "name", j->spec->name,
					 "suites", suites, "text", text));
	else
		cli_warn(cli, text);
}

/* Runs the recipe up to the goal. `print`: prints how to connect to the machine once it is up. */
static int verb_prepare_up_to(struct cli *cli, enum job_goal goal, bool print, struct err *e)
{
	struct job_options o = verb_prepare_options(cli, goal);
	struct session *s = cli_open(cli, cli->args[0], &o, e);
	int r;

	if (!s)
		return -1;
	r = verb_prepare_adopt(&s->job, e);
	if (!r)
		r = view_run(cli, s, e);
	if (!r && print && goal >= JOB_LOGIN)
		verb_prepare_print_connection(cli, &s->job);
	if (!r)
		verb_prepare_warn_pending(cli, &s->job);
	session_free(s);
	return r;
}

static int verb_prepare_run_recipe(struct cli *cli, enum job_goal goal)
{
	struct err e = ERR_INIT;

	return verb_prepare_up_to(cli, goal, true, &e) < 0 ? cli_error(cli, &e) : 0;
}

int cli_boot(struct cli *cli, enum job_goal goal, struct err *e)
{
	return verb_prepare_up_to(cli, goal, false, e);
}

int verb_prepare(struct cli *cli)
{
	return verb_prepare_run_recipe(cli, JOB_PREPARED);
}

int verb_boot(struct cli *cli)
{
	static const enum job_goal goals[] = {
		[CLI_WAIT_LOGIN] = JOB_LOGIN,
		[CLI_WAIT_SSH] = JOB_SSH,
		[CLI_WAIT_NONE] = JOB_STARTED,
	};

	int status;

	if (!cli->attach || cli->json)
		return verb_prepare_run_recipe(cli, goals[cli->wait]);
	status = verb_prepare_run_recipe(cli, JOB_STARTED);
	return status ? status : verb_console(cli);
}

int verb_up(struct cli *cli)
{
	return verb_boot(cli);
}

static void verb_prepare_print_plan(const struct cli *cli, struct job *j, const struct step_ops *s)
{
	AUTO_FREE char *why = NULL;
	bool done = s->is_done && s->is_done(j, &why);

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:b, s:s}", "step", s->id, "title", s->title, "done", done, "why",
					 why ? why : ""));
	else
		printf("%-5s %-12s %s\n", done ? "done" : "to do", s->title, why ? why : s->about);
}

int verb_plan(struct cli *cli)
{
	struct job_options o = verb_prepare_options(cli, JOB_LOGIN);
	struct err e = ERR_INIT;
	struct session *s = cli_open(cli, cli->args[0], &o, &e);

	if (!s)
		return cli_error(cli, &e);
	cli_warn_risks(cli, &s->spec);
	for (size_t i = 0; i < recipe_step_count; i++)
		if (!recipe_steps[i]->applies || recipe_steps[i]->applies(&s->job))
			verb_prepare_print_plan(cli, &s->job, recipe_steps[i]);
	session_free(s);
	return 0;
}
