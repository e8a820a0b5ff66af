/* SPDX-License-Identifier: MIT */
/* reach: see include/cli/reach.h. */
#include "cli/reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/machine.h"
#include "cli/verbs.h"
#include "host/facts.h"
#include "host/paths.h"
#include "plan/runner.h"
#include "prep/steps.h"
#include "vm/kept.h"
#include "vm/supervisor.h"

/* ---- whether it runs ---------------------------------------------------------------------- */

enum reach_state { REACH_RUNNING, REACH_OFF, REACH_SUSPENDED, REACH_PAUSED };

/* *started: when QEMU was started, 0 where it does not run. -1 with e where the record cannot be read. */
static int reach_look(const char *dir, enum reach_state *state, time_t *started, struct err *e)
{
	struct vm_run run;

	if (vm_run_read(dir, &run, e) < 0)
		return -1;
	*state = run.alive	   ? run.state == VM_PAUSED ? REACH_PAUSED : REACH_RUNNING
		 : vm_kept_is(dir) ? REACH_SUSPENDED
				   : REACH_OFF;
	*started = run.alive ? (time_t)run.started : 0;
	vm_run_fini(&run);
	return 0;
}

static int reach_refuse(const char *name, enum reach_state state, const char *verb, struct err *e)
{
	if (state == REACH_PAUSED)
		err_set(e, ERR_FAILED, "paused", "%s is paused", name);
	else
		err_set(e, ERR_FAILED, "not-running", "%s is not running%s", name,
			state == REACH_SUSPENDED ? ": it is suspended" : "");
	return err_hint(e, "`debwiz %s --start ...` %s it first", verb,
			state == REACH_OFF ? "starts" : "resumes");
}

static int reach_resume(struct cli *cli, struct err *e)
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
	enum reach_state state;
	time_t started;
	int r = reach_look(dir, &state, &started, e);

	free(dir);
	if (r < 0 || state == REACH_RUNNING)
		return r;
	if (!cli->start && !cli->yes) {
		char *prompt = xasprintf("%s is %s. %s it? [yes] ", name,
					 state == REACH_OFF	    ? "not running"
					 : state == REACH_SUSPENDED ? "suspended"
								    : "paused",
					 state == REACH_OFF ? "Start" : "Resume");
		char line[64];
		bool yes = cli_can_ask(cli) && cli_read_answer(line, sizeof(line), prompt) &&
			   (!*line || !strcmp(line, "y") || !strcmp(line, "yes"));

		free(prompt);
		if (!yes)
			return reach_refuse(name, state, cli->verb->name, e);
	}
	/* standard output belongs to the command there */
	own.json = false;
	own.args = args;
	own.nargs = 1;
	return state == REACH_PAUSED ? reach_resume(&own, e) : cli_boot(&own, goal, e);
}

/* ---- until ssh answers -------------------------------------------------------------------- */

struct reach_wait {
	struct cli_reach *reach;
	struct runner *runner;
	struct err err, end; /* of the step; of the machine */
	bool told;
};

static int reach_still_runs(struct cli_reach *r, struct err *e)
{
	enum reach_state state;
	time_t started;

	if (reach_look(r->job.machine_dir, &state, &started, e) < 0)
		return -1;
	return state == REACH_RUNNING ? 0 : reach_refuse(r->spec.name, state, "ssh", e);
}

static void on_event(const struct runner_event *ev, void *arg)
{
	struct reach_wait *w = arg;

	if (ev->type == RUNNER_FINISHED) {
		if (ev->error)
			err_copy(&w->err, ev->error);
		loop_stop(w->reach->job.loop);
	} else if (ev->type == RUNNER_PROGRESS) { /* once a second */
		if (!w->told)
			fprintf(stderr, "debwiz: waiting until ssh of %s answers\n",
				w->reach->spec.name);
		w->told = true;
		if (!w->end.kind && reach_still_runs(w->reach, &w->end) < 0)
			runner_cancel(w->runner);
	}
}

/* A guest shows its login prompt before its ssh answers, and whoever connects before that is cut off. */
static int reach_await(struct cli_reach *r, struct err *e)
{
	const struct step_ops *const steps[] = {&step_ssh};
	struct reach_wait w = {.reach = r};

	w.runner = runner_new(r->job.loop, steps, 1, &r->job, on_event, &w);
	runner_start(w.runner);
	loop_run(r->job.loop);
	runner_free(w.runner);
	if (w.end.kind) {
		err_fini(&w.err);
		return err_move(e, &w.end);
	}
	return w.err.kind ? err_move(e, &w.err) : 0;
}

/* ---- where and how ------------------------------------------------------------------------ */

static int reach_machine(struct cli_reach *r, struct cli *cli, const char *ref, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH};

	memset(r, 0, sizeof(*r));
	if (cli_machine(cli, ref, &r->spec, e) < 0)
		return -1;
	return job_init(&r->job, cli->loop, cli->catalog, &cli->store, &r->spec, &o, e);
}

int cli_reach_find(struct cli_reach *r, struct cli *cli, const char *ref, struct err *e)
{
	if (reach_machine(r, cli, ref, e) < 0)
		return -1;
	r->port = job_ssh_port(&r->job, r->address, e);
	return r->port ? 0 : -1;
}

int cli_reach_open(struct cli_reach *r, struct cli *cli, const char *ref, struct err *e)
{
	enum reach_state state;
	time_t started;

	if (reach_machine(r, cli, ref, e) < 0 ||
	    cli_need_running(cli, ref, r->spec.name, JOB_SSH, e) < 0 ||
	    reach_look(r->job.machine_dir, &state, &started, e) < 0)
		return -1;
	r->port = job_ssh_port(&r->job, r->address, e); /* after the start, which may choose another */
	if (!r->port)
		return -1;
	return (uint64_t)(time(NULL) - started) * 1000 < r->spec.timeout ? reach_await(r, e) : 0;
}

void cli_reach_close(struct cli_reach *r)
{
	job_fini(&r->job);
	spec_fini(&r->spec);
}

static void add_setting(struct strv *out, const char *name, char *value)
{
	strv_add(out, name);
	strv_take(out, value);
}

/* In quotes, and a per cent sign begins no token. */
static void add_path(struct strv *out, const char *name, const char *path)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addc(&b, '"');
	for (; *path; path++)
		buf_addf(&b, *path == '%' ? "%%%%" : "%c", *path);
	buf_addc(&b, '"');
	add_setting(out, name, buf_steal(&b));
}

/* The private half of a key that the file names, where it lies beside it; else the public one, whose other half
 * an agent may hold. */
static void add_own_key(const struct spec *s, const char *item, struct strv *out)
{
	char *path = spec_path(s, item);
	size_t n = strlen(path);
	char *half = n > 4 && !strcmp(path + n - 4, ".pub") ? xstrndup(path, n - 4) : NULL;

	add_path(out, "IdentityFile", half && file_exists(half) ? half : path);
	free(half);
	free(path);
}

void cli_reach_settings(const struct cli_reach *r, struct strv *out)
{
	char *key = job_file(&r->job, "id_ed25519");
	char *known = job_file(&r->job, "known_hosts");

	add_setting(out, "HostName", xstrdup(r->address));
	add_setting(out, "Port", xasprintf("%u", r->port));
	add_setting(out, "User", xstrdup(r->spec.user));
	/* an agent may hold more keys than a server lets one try */
	add_setting(out, "IdentitiesOnly", xstrdup("yes"));
	add_path(out, "IdentityFile", key);
	for (size_t i = 0; i < r->spec.ssh_keys.len; i++)
		add_own_key(&r->spec, r->spec.ssh_keys.items[i], out);
	add_setting(out, "HostKeyAlias", xstrdup(r->spec.name));
	add_setting(out, "StrictHostKeyChecking", xstrdup("yes"));
	add_path(out, "UserKnownHostsFile", known);
	add_setting(out, "GlobalKnownHostsFile", xstrdup("/dev/null"));
	add_setting(out, "LogLevel", xstrdup("ERROR"));
	free(key);
	free(known);
}

int cli_reach_program(const struct cli_reach *r, const struct cli *cli, const char *name, struct strv *argv,
		      struct err *e)
{
	struct strv settings = STRV_INIT;
	char *path = host_which(name);

	if (!path) {
		char *hint = host_install_hint("ssh");

		err_set(e, ERR_MISSING, "ssh-missing", "there is no %s on this host", name);
		err_hint(e, "%s", hint ? hint : "install OpenSSH's client");
		free(hint);
		return -1;
	}
	strv_take(argv, path);
	strv_add(argv, "-F/dev/null");
	for (size_t i = 0; i < cli->ssh_options.len; i++) /* ssh takes the first of two */
		strv_add(argv, cli->ssh_options.items[i]);
	cli_reach_settings(r, &settings);
	for (size_t i = 0; i < settings.len; i += 2)
		strv_addf(argv, "-o%s=%s", settings.items[i], settings.items[i + 1]);
	strv_fini(&settings);
	return 0;
}
